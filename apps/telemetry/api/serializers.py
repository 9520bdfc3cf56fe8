"""Uplinks and latest values as the API tells of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceLatest, Uplink

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
LATEST = {
    name: UPLINK[name] for name in ("deduplication_id", "time", "received_at", "f_cnt", "data_rate")
} | {
    "device_id": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "rssi": -97,
    "snr": 5.5,
    "decode_state": "decoded",
    "values": {"level": 1.12},
}


@extend_schema_serializer(examples=[OpenApiExample("An uplink", value=UPLINK)])
class UplinkSerializer(serializers.Serializer[Uplink]):
    """``time`` is the network server's, ``received_at`` ours; ``frequency`` in Hz, ``rssi`` dBm, ``snr`` dB.

    ``values`` are the decoded values by name (null unless ``decode_state`` is ``decoded``);
    ``data_hex`` is the payload as it came.
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


@extend_schema_serializer(examples=[OpenApiExample("The latest", value=LATEST)])
class LatestSerializer(serializers.Serializer[DeviceLatest]):
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
