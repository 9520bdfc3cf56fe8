"""Devices of a trial beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language

from apps.devices.models import Device
from apps.telemetry.rules import is_number
from apps.telemetry.rules.series import Span, hour_or_day
from apps.telemetry.selectors.fields import Field, fields_of
from apps.telemetry.selectors.series import DeviceSeries, FieldSeries, SeriesAnswer, series_of
from apps.telemetry.selectors.sight import latest_of


@dataclass(frozen=True)
class Line:
    """One value of one device; ``right``: measured by the axis at the right."""

    series: DeviceSeries
    row: FieldSeries
    right: bool

    @property
    def device(self) -> Device:
        return self.series.device

    @property
    def field(self) -> Field:
        return self.row.field


def comparable_fields(devices: Sequence[Device]) -> list[Field]:
    """The numbers among the newest values of ``devices``, each name once. One query."""
    values = {pk: row.values for pk, row in latest_of(devices).items()}
    found: dict[str, Field] = {}
    for device in devices:
        given = values.get(device.pk) or {}
        numbers = {name for name, value in given.items() if is_number(value)}
        for field in fields_of(device, numbers, get_language()):
            if field.name in numbers:
                found.setdefault(field.name, field)
    return list(found.values())


def lines_of(
    devices: Sequence[Device], names: Sequence[str], span: Span, now: datetime
) -> tuple[SeriesAnswer, list[Line]]:
    """Hours or days of ``names`` of ``devices``: what a device does not have is left out."""
    answer = series_of(devices=devices, span=span, interval=hour_or_day(span.length), now=now)
    rows = [
        (one, row) for one in answer.devices for name in names for row in one.fields if row.field.name == name
    ]
    left = rows[0][1].field.unit if rows else ""
    return answer, [Line(one, row, row.field.unit != left) for one, row in rows]
