"""Dashboards of the running trials."""

from __future__ import annotations

from typing import Any

from apps.devices.models import Device
from apps.portal.management.demo.fixture import Fixture
from apps.telemetry.domain.dashboards import TileValues, dashboard_make, tile_save
from apps.telemetry.enums import TileKind
from apps.telemetry.models import Dashboard
from apps.trials.models import Trial

_VALUES = ("title", "field", "hours", "text", "is_wide")


def load_dashboards(fixture: Fixture) -> int:
    """By the way they are always made; a trial that has one already is left alone."""
    known = list(Dashboard.objects.values_list("trial__code", flat=True))
    rows = list(fixture.for_new_trials("dashboards", known))
    for trial, row in rows:
        _dashboard(fixture, trial, row)
    return len(rows)


def _dashboard(fixture: Fixture, trial: Trial, row: dict[str, Any]) -> None:
    actor, owner = fixture.people[row["by"]], fixture.organizations["mizuoto"]
    board = dashboard_make(trial=trial, organization=owner, actor=actor, name=row["name"])
    for tile in row["tiles"]:
        devices = list(Device.objects.filter(dev_eui__in=tile.get("devices", [])))
        given = {name: tile[name] for name in _VALUES if name in tile}
        values = TileValues(kind=TileKind(tile["kind"]), devices=devices, **given)
        tile_save(dashboard=board, actor=actor, values=values)
