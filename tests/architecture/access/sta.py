"""Rows of the table: SensorThings, each set and one entity of each."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point

from apps.telemetry.models import Uplink
from apps.telemetry.rules.sta.kinds import SETS
from apps.telemetry.selectors.sta.conditions import observation_id
from tests.architecture.access.table import ApiRow, by_key, open_to_all
from tests.architecture.access.world import World


def _placed(w: World) -> Any:
    if w.device.place is None:
        w.device.place = Point(137.21, 36.69, srid=4326)
        w.device.save(update_fields=["place"])
    return w.device.pk


def _one(w: World, set_name: str) -> str:
    row = Uplink.objects.filter(device_id=w.device.pk).latest("time")
    pk = {
        "Datastreams": f"{w.device.pk}:level",
        "Sensors": w.device.model_id,
        "ObservedProperties": "level",
        "Observations": observation_id(row.deduplication_id, row.time, "level"),
    }.get(set_name, _placed(w))
    return f"{set_name}('{pk}')"


def whole(name: str) -> ApiRow:
    """A set: another company's key sees its own, which is nothing."""
    return by_key("api-sta", lambda w: {"path": name}, other=200)


def one(name: str, rest: str = "") -> ApiRow:
    return by_key("api-sta", lambda w: {"path": f"{_one(w, name)}{rest}"})


API: list[ApiRow] = [
    open_to_all("api-sta-root"),
    *map(whole, SETS),
    *map(one, SETS),
    one("Datastreams", "/Observations"),
]
