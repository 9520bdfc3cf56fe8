"""Coverage as the API tells of it: only what the public page shows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.network.selectors.coverage import Answer, Square

SQUARE: dict[str, Any] = {
    "mesh": "5537014711",
    "size_m": 250,
    "latitude": 36.701042,
    "longitude": 137.214063,
    "reach": "good",
    "uplinks": 115,
    "best_rssi_dbm": -107,
    "best_snr_db": 8.7,
    "gateways_at_once": 2,
    "first_day": "2026-11-02",
    "last_day": "2026-11-21",
}


@extend_schema_serializer(examples=[OpenApiExample("A square", value=SQUARE)])
class SquareSerializer(serializers.Serializer[Square]):
    """``mesh``: JIS X 0410, 10 digits (250 m) or 8 (1 km); place: its centre. ``reach`` is ``unknown``, with
    0 uplinks, where too few were heard to tell: that does not mean that nothing reaches."""

    mesh = serializers.CharField()
    size_m = serializers.IntegerField(source="size")
    latitude = serializers.SerializerMethodField()
    longitude = serializers.SerializerMethodField()
    reach = serializers.ChoiceField(choices=["good", "weak", "unknown"])
    uplinks = serializers.IntegerField(source="observations")
    best_rssi_dbm = serializers.IntegerField(source="best_rssi", allow_null=True)
    best_snr_db = serializers.FloatField(source="best_snr", allow_null=True)
    gateways_at_once = serializers.IntegerField(source="gateways")
    first_day = serializers.DateField(source="first_on", allow_null=True)
    last_day = serializers.DateField(source="last_on", allow_null=True)

    def get_latitude(self, square: Square) -> float:
        return round(square.centre[0], 6)

    def get_longitude(self, square: Square) -> float:
        return round(square.centre[1], 6)


class AroundSerializer(serializers.Serializer[Any]):
    """A neighbour: ``direction`` is one of n, ne, e, se, s, sw, w, nw."""

    direction = serializers.CharField()
    square = SquareSerializer()


class CoverageSerializer(serializers.Serializer[Answer]):
    """``wide``: the 1 km square around a 250 m one, else null."""

    square = SquareSerializer()
    wide = SquareSerializer(allow_null=True)
    around = serializers.SerializerMethodField()

    def get_around(self, answer: Answer) -> list[dict[str, Any]]:
        rows = [{"direction": way, "square": square} for way, square in answer.around.items()]
        return list(AroundSerializer(rows, many=True).data)
