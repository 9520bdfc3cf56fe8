"""``$orderby``: of what is in memory by anything, of observations by time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.kinds import ID_NAMES
from apps.telemetry.rules.sta.options import Order
from apps.telemetry.selectors.sta.catalogue import Catalogue
from apps.telemetry.selectors.sta.entity import Entity


def ordered(rows: Sequence[Entity], orders: Sequence[Order], catalogue: Catalogue) -> list[Entity]:
    """``rows`` by ``orders``; what is not there comes last, what is equal keeps its place."""
    found = list(rows)
    for order in reversed(orders):
        keys = {row.id: _key(catalogue.reached(row, order.path)) for row in found}
        there = [row for row in found if keys[row.id] is not None]
        absent = [row for row in found if keys[row.id] is None]
        there.sort(key=lambda row: keys[row.id], reverse=order.descending)  # type: ignore[arg-type,return-value]
        found = there + absent
    return found


def _key(values: Sequence[Any]) -> tuple[int, Any] | None:
    value = values[0] if values else None
    if value is None:
        return None
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, datetime):
        return 1, value
    return 2, str(value)


def is_oldest_first(orders: Sequence[Order]) -> bool:
    """Which way observations are read: the newest first unless asked otherwise; by time only."""
    if not orders:
        return False
    times = ("phenomenonTime", "resultTime")
    for place, order in enumerate(orders):
        if order.path.parts[0] not in (times if place == 0 else (*times, *ID_NAMES)):
            text = _("Observations can be ordered by phenomenonTime or resultTime.")
            raise BadOption("$orderby", text, at=order.path.at)
    return not orders[0].descending
