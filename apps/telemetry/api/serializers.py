"""Uplinks, latest values, device events and quotas as the API tells of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.api import ChosenFields
from apps.telemetry.enums import DecodeState, EventKind
from apps.telemetry.models import DeviceEvent, DeviceLatest, TrialDay, Uplink
from apps.telemetry.rules.event_words import event_words
from apps.telemetry.selectors.by_key import QuotaUse
from apps.trials.enums import TrialPhase

_DEVICE = "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11"
UPLINK: dict[str, Any] = {
    "deduplication_id": "3b2c4f6e-6f6b-4a54-9a2b-0d9a0c4f1a11",
    "time": "2027-01-05T10:30:00.123456+09:00",
    "received_at": "2027-01-05T10:30:00.402000+09:00",
    "f_cnt": 10,
    "f_port": 1,
    "data_rate": 2,
    "frequency": 923200000,
    "rssi": -97,
    "snr": 5.5,
    "gateway_count": 1,
    "data_hex": "0070",
    "decode_state": "decoded",
    "values": {"level": 1.12},
    "warnings": None,
}
_KEPT = ("deduplication_id", "time", "received_at", "f_cnt", "data_rate", "rssi", "snr", "decode_state")
LATEST = {"device_id": _DEVICE, **{name: UPLINK[name] for name in _KEPT}, "values": {"level": 1.12}}
LATEST_OF_MANY = {
    "device_id": _DEVICE,
    "name": "WL-03",
    "dev_eui": "70b3d57ed0060003",
    "trial": "2026-015",
    **{name: value for name, value in LATEST.items() if name != "device_id"},
}
EVENT = {
    "event_id": "0f4c4f6e-6f6b-4a54-9a2b-0d9a0c4f1a11",
    "time": "2027-01-05T10:38:00+09:00",
    "received_at": "2027-01-05T10:38:00.200000+09:00",
    "kind": "status",
    "level": "",
    "code": "",
    "title": "The device told how it is",
    "text": "Battery 84%. It hears the network with 12 dB to spare.",
    "data": {"margin": 12, "batteryLevel": 84.0, "externalPowerSource": False},
}
QUOTA = {
    "trial": "2026-015",
    "title": "用水路のごみ詰まりを、水位差で知る",
    "phase": "running",
    "starts_on": "2027-01-01",
    "ends_on": "2027-06-30",
    "days_left": 177,
    "devices": {"granted": 20, "used": 3, "free": 17},
    "day": "2027-01-05",
    "messages": {"granted": 4000, "used": 388, "free": 3612},
    "downlinks_a_day": 10,
}


@extend_schema_serializer(examples=[OpenApiExample("An uplink", value=UPLINK)])
class UplinkSerializer(ChosenFields):
    """``time`` is the network server's, ``received_at`` ours; ``frequency`` in Hz, ``rssi`` dBm, ``snr`` dB.

    ``values`` are the decoded values by name, null unless ``decode_state`` is ``decoded`` or ``masked`` (a
    position inside a mask zone was left out); ``data_hex`` is the payload as it came, empty when ``masked``.
    """

    deduplication_id = serializers.UUIDField()
    time = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    f_cnt = serializers.IntegerField()
    f_port = serializers.IntegerField()
    data_rate = serializers.IntegerField(source="dr")
    frequency = serializers.IntegerField(allow_null=True)
    rssi = serializers.IntegerField(allow_null=True)
    snr = serializers.FloatField(allow_null=True)
    gateway_count = serializers.IntegerField()
    data_hex = serializers.SerializerMethodField()
    decode_state = serializers.ChoiceField(choices=DecodeState.choices)
    values = serializers.JSONField(allow_null=True)
    warnings = serializers.JSONField(allow_null=True)

    def get_data_hex(self, uplink: Uplink) -> str:
        return bytes(uplink.data).hex()


RX = [{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 5.5}]


@extend_schema_serializer(examples=[OpenApiExample("An uplink", value={**UPLINK, "rx": RX})])
class DeviceUplinkSerializer(UplinkSerializer):
    """An uplink with ``rx``: what each gateway that heard it told, as the network server passed it on."""

    rx = serializers.JSONField(allow_null=True)


@extend_schema_serializer(
    examples=[OpenApiExample("An uplink", value={"device_id": _DEVICE, "trial": "2026-015", **UPLINK})]
)
class AnyUplinkSerializer(UplinkSerializer):
    """An uplink with the device that sent it and the trial it was in when it came."""

    device_id = serializers.UUIDField()
    trial = serializers.SerializerMethodField()

    def get_trial(self, uplink: Uplink) -> str:
        codes: dict[Any, str] = self.context["codes"]
        return codes.get(uplink.trial_id, "")


@extend_schema_serializer(examples=[OpenApiExample("The latest", value=LATEST)])
class LatestSerializer(ChosenFields):
    """The newest uplink of a device."""

    device_id = serializers.UUIDField()
    deduplication_id = serializers.UUIDField()
    time = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    f_cnt = serializers.IntegerField()
    data_rate = serializers.IntegerField(source="dr")
    rssi = serializers.IntegerField(allow_null=True)
    snr = serializers.FloatField(allow_null=True)
    decode_state = serializers.ChoiceField(choices=DecodeState.choices)
    values = serializers.JSONField(allow_null=True)


@extend_schema_serializer(examples=[OpenApiExample("The latest of a device", value=LATEST_OF_MANY)])
class LatestOfManySerializer(serializers.Serializer[DeviceLatest]):
    """The newest uplink of one of many devices."""

    # It tells the schema only: ``selectors.by_key`` and ``api.latest`` make the rows, since 200 of them at
    # once have to be fast.

    device_id = serializers.UUIDField()
    name = serializers.CharField()
    dev_eui = serializers.CharField()
    trial = serializers.CharField()
    deduplication_id = serializers.UUIDField()
    time = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    f_cnt = serializers.IntegerField()
    data_rate = serializers.IntegerField()
    rssi = serializers.IntegerField(allow_null=True)
    snr = serializers.FloatField(allow_null=True)
    decode_state = serializers.ChoiceField(choices=DecodeState.choices)
    values = serializers.JSONField(allow_null=True)


@extend_schema_serializer(examples=[OpenApiExample("An event", value=EVENT)])
class EventSerializer(ChosenFields):
    """What the network server told of a device. ``kind``, ``level`` and ``code`` are to program against;
    ``title`` and ``text`` are for people, in the language of `Accept-Language`; ``data`` is the event as
    it came."""

    event_id = serializers.UUIDField()
    time = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=EventKind.choices)
    level = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    data = serializers.JSONField()  # type: ignore[assignment]

    def get_title(self, event: DeviceEvent) -> str:
        return event_words(event.kind, event.code, event.data).title

    def get_text(self, event: DeviceEvent) -> str:
        return event_words(event.kind, event.code, event.data).text


class AmountSerializer(serializers.Serializer[Any]):
    granted = serializers.IntegerField(min_value=0)
    used = serializers.IntegerField(min_value=0)
    free = serializers.IntegerField(min_value=0)


@extend_schema_serializer(examples=[OpenApiExample("Quotas of a trial", value=QUOTA)])
class QuotaSerializer(serializers.Serializer[QuotaUse]):
    """What a trial was granted and what of it is in use. ``messages`` are those of ``day``, today in Japan;
    what is over is stored and decoded when the city raises the number. ``days_left`` counts today.
    ``downlinks_a_day`` is what each of its devices may be sent in a day."""

    trial = serializers.CharField(source="trial.code")
    title = serializers.CharField(source="trial.title")
    phase = serializers.SerializerMethodField()
    starts_on = serializers.DateField(source="trial.starts_on")
    ends_on = serializers.DateField(source="trial.last_day")
    days_left = serializers.IntegerField(source="facts.days_left")
    devices = AmountSerializer()
    day = serializers.DateField()
    messages = AmountSerializer()
    downlinks_a_day = serializers.SerializerMethodField()

    def get_downlinks_a_day(self, row: QuotaUse) -> int:
        numbers: dict[Any, int] = self.context["downlinks_a_day"]
        return numbers[row.trial.pk]

    @extend_schema_field(serializers.ChoiceField(choices=TrialPhase.choices))
    def get_phase(self, row: QuotaUse) -> str:
        return row.facts.phase


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "All quotas",
            value={
                "total": {"devices": QUOTA["devices"], "messages": QUOTA["messages"]},
                "exports": {
                    "at_once": {"granted": 3, "used": 1, "free": 2},
                    "a_day": {"granted": 30, "used": 4, "free": 26},
                    "frees_at": "2027-01-06T00:00:00+09:00",
                },
                "webhooks": {"granted": 20, "used": 2, "free": 18},
                "trials": [QUOTA],
            },
        )
    ]
)
class QuotasSerializer(serializers.Serializer[Any]):
    """All trials of the key, and their sum; besides what the organization has: webhooks, exports under way
    and asked for today (counted anew at ``frees_at``). Calls of the API: ``GET /key``."""

    class TotalSerializer(serializers.Serializer[Any]):
        devices = AmountSerializer()
        messages = AmountSerializer()

    class ExportsSerializer(serializers.Serializer[Any]):
        at_once = AmountSerializer()
        a_day = AmountSerializer()
        frees_at = serializers.DateTimeField()

    total = TotalSerializer()
    exports = ExportsSerializer()
    webhooks = AmountSerializer()
    trials = QuotaSerializer(many=True)


class TrialDaySerializer(serializers.Serializer[TrialDay]):
    day = serializers.DateField()
    messages = serializers.IntegerField(source="uplinks")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Use by day",
            value={
                "trial": "2026-015",
                "since": "2026-12-07",
                "until": "2027-01-05",
                "messages_granted": 4000,
                "days": [{"day": "2027-01-04", "messages": 1296}, {"day": "2027-01-05", "messages": 388}],
            },
        )
    ]
)
class UsageSerializer(serializers.Serializer[Any]):
    """Messages of a trial by day in Japan, first and last day included; a day without any is left out."""

    trial = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    messages_granted = serializers.IntegerField()
    days = TrialDaySerializer(many=True)
