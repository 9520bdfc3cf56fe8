"""Examples of the schema."""

from __future__ import annotations

from typing import Any

from apps.core.api import example
from apps.network.api.serializers import SQUARE

_UNKNOWN: dict[str, Any] = {
    "mesh": "5537014712",
    "size_m": 250,
    "latitude": 36.701042,
    "longitude": 137.217188,
    "reach": "unknown",
    "uplinks": 0,
    "best_rssi_dbm": None,
    "best_snr_db": None,
    "gateways_at_once": 0,
    "first_day": None,
    "last_day": None,
}
_WIDE = {**SQUARE, "mesh": "55370147", "size_m": 1000, "uplinks": 412}

example(
    "coverage_get",
    "A square and one beside it",
    response={"square": SQUARE, "wide": _WIDE, "around": [{"direction": "e", "square": _UNKNOWN}]},
    parameters={"mesh": "5537014711"},
)
