"""Devices as the API tells of them. The root key is nowhere in it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.devices.api.state import LINK, STATE, DeviceListSerializer, StateAndLink
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceModel


class DeviceModelSerializer(serializers.Serializer[DeviceModel]):
    """``values`` describes the decoded values by name: label, label_en, unit, decimals. ``id`` is that of
    ``/device-models``."""

    id = serializers.UUIDField()
    maker = serializers.CharField()
    name = serializers.CharField()
    # A field called "fields" would hide the serializer's own attribute.
    values = serializers.JSONField(source="fields")


EXAMPLE: dict[str, Any] = {
    "id": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "name": "WL-03",
    "dev_eui": "70b3d57ed0060003",
    "join_eui": "0000000000000000",
    "registration": "active",
    "state": STATE,
    "link": LINK,
    "trial": "2026-015",
    "model": {
        "id": "5a0e2c9e-53d4-4b8e-8d0a-3f2f5f0a9c11",
        "maker": "みほん電機",
        "name": "WL-2",
        "values": {"level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2}},
    },
    "values": {"level": {"label": "放水口の水位", "label_en": "Level", "unit": "m", "decimals": 2}},
    "place_name": "井田川 放水口",
    "latitude": 36.7012,
    "longitude": 137.2137,
    "uplink_interval": 600,
    "serial_number": "A-2041",
    "conformity_number": "",
    "registered_at": "2027-01-05T10:23:45+09:00",
}


@extend_schema_serializer(examples=[OpenApiExample("A device", value=EXAMPLE)])
class DeviceSerializer(StateAndLink):
    """``uplink_interval``: seconds between uplinks as registered; ``trial``: the trial's number.

    ``values``: what its decoded values are called; what was said of this device stands over its model.
    ``registration``: whether the device is in use; ``state``: how it is doing, in plain words; ``link``: its
    radio link over 24 hours.
    """

    class Meta:
        list_serializer_class = DeviceListSerializer

    id = serializers.UUIDField()
    name = serializers.CharField()
    dev_eui = serializers.CharField()
    join_eui = serializers.CharField()
    registration = serializers.ChoiceField(choices=DeviceState.choices, source="state")
    trial = serializers.CharField(source="trial.code")
    model = DeviceModelSerializer(allow_null=True)
    values = serializers.SerializerMethodField()
    place_name = serializers.CharField(allow_blank=True)
    latitude = serializers.SerializerMethodField()
    longitude = serializers.SerializerMethodField()
    uplink_interval = serializers.IntegerField()
    serial_number = serializers.CharField(allow_blank=True)
    conformity_number = serializers.CharField(allow_blank=True)
    registered_at = serializers.DateTimeField(source="created_at")

    @extend_schema_field(serializers.JSONField())
    def get_values(self, device: Device) -> dict[str, dict[str, Any]]:
        known: dict[str, Any] = device.model.fields if device.model else {}
        return {
            name: {**known.get(name, {}), **device.fields.get(name, {})}
            for name in {**known, **device.fields}
        }

    def get_latitude(self, device: Device) -> float | None:
        return device.place.y if device.place else None

    def get_longitude(self, device: Device) -> float | None:
        return device.place.x if device.place else None
