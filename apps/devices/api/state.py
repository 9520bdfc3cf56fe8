"""State and radio link of devices as the API tells of them; telemetry answers both facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api import ChosenFields
from apps.core.registry import facts
from apps.devices.models import Device
from apps.devices.selectors import LinkFact, StateFact, device_rows

SEVERITIES = ("error", "attention", "waiting", "good", "off")
GRADES = ("good", "fair", "weak", "unknown")

STATE: dict[str, Any] = {
    "code": "keys_wrong",
    "severity": "error",
    "label": "The keys do not match",
    "text": "The network heard the device (10:38) but turned it away: its key is not the one entered here.",
    "what_to_do": "Write the keys again: copy the AppKey from the maker’s file, and check that it belongs to "
    "this DevEUI. Then switch the device off and on.",
    "since": "2027-01-05T10:38:00+09:00",
    "last_heard": None,
    "also": ["Battery low"],
}
LINK: dict[str, Any] = {
    "grade": "good",
    "hours": 24,
    "uplinks": 129,
    "expected": 132,
    "loss_percent": 2.3,
    "rssi": -97,
    "snr": 5.5,
    "gateways": 2,
    "data_rate": 2,
    "battery": 84.0,
    "external_power": False,
    "margin": 12,
}


class StateSerializer(serializers.Serializer[StateFact]):
    """The most important thing about a device. ``code`` does not change; the texts are for people, in the
    language of ``Accept-Language``. ``since`` is the moment it rests on: the last uplink, the join that was
    turned away, the first message that could not be decoded. ``also``: what else needs attention."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField(allow_blank=True)
    what_to_do = serializers.CharField(source="to_do", allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    last_heard = serializers.DateTimeField(source="last_at", allow_null=True)
    also = serializers.ListField(source="others", child=serializers.CharField())


class LinkSerializer(serializers.Serializer[LinkFact]):
    """The radio link over the last ``hours``. ``expected`` and ``loss_percent`` follow from the frame
    counter (null: too little arrived to say); ``rssi`` dBm, ``snr`` dB and ``gateways`` are the median of
    each hour's best; ``battery`` percent, ``margin`` dB with which the device hears the network."""

    grade = serializers.ChoiceField(choices=GRADES)
    hours = serializers.IntegerField()
    uplinks = serializers.IntegerField()
    expected = serializers.IntegerField()
    loss_percent = serializers.FloatField(allow_null=True)
    rssi = serializers.IntegerField(allow_null=True)
    snr = serializers.FloatField(allow_null=True)
    gateways = serializers.IntegerField(allow_null=True)
    data_rate = serializers.IntegerField(allow_null=True)
    battery = serializers.FloatField(allow_null=True)
    external_power = serializers.BooleanField()
    margin = serializers.IntegerField(allow_null=True)


class DeviceListSerializer(serializers.ListSerializer[Any]):
    """A page of devices: their states and links are looked up together."""

    def to_representation(self, data: Any) -> list[Any]:
        devices = list(data)
        look_up(self.child, devices)
        return super().to_representation(devices)


class StateAndLink(ChosenFields):
    """The two fields; a base of the serializer of devices."""

    state = serializers.SerializerMethodField()
    link = serializers.SerializerMethodField()

    def to_representation(self, instance: Device) -> dict[str, Any]:
        if instance.pk not in self.known_states and (self.fields.keys() & {"state", "link"}):
            look_up(self, [instance])
        return super().to_representation(instance)

    @cached_property
    def known_states(self) -> dict[Any, StateFact]:
        return {}

    @cached_property
    def known_links(self) -> dict[Any, LinkFact]:
        return {}

    @extend_schema_field(StateSerializer)
    def get_state(self, device: Device) -> dict[str, Any]:
        return StateSerializer(self.known_states[device.pk]).data

    @extend_schema_field(LinkSerializer(allow_null=True))
    def get_link(self, device: Device) -> dict[str, Any] | None:
        found = self.known_links.get(device.pk)
        return LinkSerializer(found).data if found else None


def look_up(serializer: Any, devices: Sequence[Device]) -> None:
    """Keep states and links of ``devices`` (with their models) in ``serializer``."""
    if "state" in serializer.fields:
        serializer.known_states.update({row.device.pk: row.state for row in device_rows(devices)})
    if "link" in serializer.fields:
        serializer.known_links.update(facts("device.link", devices))
