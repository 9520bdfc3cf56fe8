"""Tiles of a dashboard in the words and shapes of its page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core.markdown import markdown
from apps.telemetry.enums import TileKind
from apps.telemetry.rules.series import Interval
from apps.telemetry.selectors.dashboards import NewestValue, Standing, Tile
from apps.telemetry.selectors.series import DeviceSeries, FieldSeries, SeriesAnswer
from apps.telemetry.views import series_shown
from apps.telemetry.views.shown import age_text, shown_number


def tile_items(tiles: Sequence[Tile], now: datetime) -> list[dict[str, Any]]:
    """Each tile as the template shows it."""
    return [
        {
            "tile": tile.row,
            "kind": tile.kind.value,
            "id": f"tile-{number}",
            "title": tile.row.title or _default_title(tile),
            "named": bool(tile.row.devices.all()),
            **_content(tile, now),
        }
        for number, tile in enumerate(tiles, 1)
    ]


def _content(tile: Tile, now: datetime) -> dict[str, Any]:
    if tile.kind == TileKind.VALUE:
        return {"values": [_value(one, now) for one in tile.values]}
    if tile.kind == TileKind.CHART:
        return _chart(tile, now)
    if tile.kind == TileKind.MAP:
        return _map(tile.devices)
    if tile.kind == TileKind.STATE:
        return {"devices": tile.devices}
    return {"html": markdown(tile.row.text)}


def _default_title(tile: Tile) -> str:
    if tile.kind == TileKind.STATE:
        return _("State of the devices")
    if tile.kind == TileKind.MAP:
        return _("Where they are")
    if tile.kind == TileKind.TEXT:
        return ""
    row = next((row for row in _rows(tile.answer, tile.row.fields)), None)
    label = row.field.label if row else next((one.field.label for one in tile.values), "")
    names = {one.device.name for one in tile.values} | {
        series.device.name for series in (tile.answer.devices if tile.answer else ())
    }
    return f"{label}　{names.pop()}" if len(names) == 1 else label


def _value(one: NewestValue, now: datetime) -> dict[str, Any]:
    return {
        "label": one.device.name,
        "value": "—" if one.value is None else shown_number(one.field, one.value),
        "unit": "" if one.value is None else one.field.unit,
        "note": _("nothing yet") if one.at is None else age_text(one.at, now),
    }


def _rows(answer: SeriesAnswer | None, names: Sequence[str]) -> list[FieldSeries]:
    devices = answer.devices if answer else []
    return [row for series in devices for row in series.fields if row.field.name in names]


def _chart(tile: Tile, now: datetime) -> dict[str, Any]:
    """Data of the chart and its table: a line for each device that has numbers."""
    answer = tile.answer
    lines = [
        (series, row)
        for series in (answer.devices if answer else ())
        for row in series.fields
        if row.field.name in tile.row.fields
    ]
    if answer is None or not lines:
        return {"chart": None}
    series, row = lines[0]
    chart = {
        "kind": "line",
        "unit": series_shown.unit_text(row.field),
        "from": series_shown.seconds(answer.span.since),
        "to": series_shown.seconds(min(answer.span.until, now)),
        **(_laid_over(lines) if len(answer.devices) > 1 else _alone(series, row, answer.interval)),
    }
    table = [_summary(series.device.name, row) for series, row in lines]
    return {"chart": chart, "caption": series_shown.interval_text(answer.interval), "table": table}


def _alone(series: DeviceSeries, row: FieldSeries, interval: Interval) -> dict[str, Any]:
    return {
        "x": [series_shown.seconds(time) for time in series.times],
        "series": [series_shown.line_of(row, raw=interval == Interval.RAW)],
        "gaps": [[series_shown.seconds(begin), series_shown.seconds(end)] for begin, end in series.gaps],
    }


def _laid_over(lines: Sequence[tuple[DeviceSeries, FieldSeries]]) -> dict[str, Any]:
    """Lines of several devices over the moments of all; where one has nothing it breaks."""
    times = sorted({time for series, _row in lines for time in series.times})
    drawn = []
    for series, row in lines:
        values = dict(zip(series.times, row.mean, strict=True))
        line = series_shown.line_of(row, raw=True, label=series.device.name)
        drawn.append({**line, "values": [values.get(time) for time in times]})
    return {"x": [series_shown.seconds(time) for time in times], "series": drawn, "gaps": []}


def _summary(name: str, row: FieldSeries) -> dict[str, Any]:
    """A line of the table beside a chart: lowest, mean and highest of what is drawn."""
    drawn = [(mean, count or 1) for mean, count in zip(row.mean, row.count, strict=True) if mean is not None]
    cells: list[Any] = [None, None, None]
    if drawn:
        means = [mean for mean, _count in drawn]
        low = min([value for value in row.low if value is not None] or means)
        high = max([value for value in row.high if value is not None] or means)
        mean = sum(mean * count for mean, count in drawn) / sum(count for _mean, count in drawn)
        cells = [shown_number(row.field, value) for value in (low, mean, high)]
    return {"name": name, "cells": cells}


def _map(devices: Sequence[Standing]) -> dict[str, Any]:
    """Markers, and the same devices as a list."""
    placed = [one for one in devices if one.place]
    markers = [
        {
            "lat": one.place[0],
            "lon": one.place[1],
            "number": number,
            "title": f"{one.device.name} ({one.state.label})",
            "family": "device",
            "state": one.state.sign.value,
            "url": "",
        }
        for number, one in enumerate(placed, 1)
        if one.place
    ]
    return {"placed": placed, "map": {"markers": markers}}
