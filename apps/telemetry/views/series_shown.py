"""Series in the shapes of a page: data of the chart, rows of the table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from apps.core import clock
from apps.telemetry.rules.series import Interval, Span
from apps.telemetry.selectors.device import DevicePage
from apps.telemetry.selectors.fields import Field
from apps.telemetry.selectors.series import DeviceSeries, FieldSeries
from apps.telemetry.views.shown import shown_number, shown_value


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def unit_text(field: Field) -> str:
    """What stands at the top of the axis: the label, and the unit in brackets."""
    if not field.unit:
        return field.label
    return f"{field.label}（{field.unit}）" if get_language() == "ja" else f"{field.label} ({field.unit})"


def line_of(row: FieldSeries, *, raw: bool, label: str = "") -> dict[str, Any]:
    """A line of the chart; hours and days have the band from lowest to highest too."""
    line: dict[str, Any] = {
        "label": label or row.field.label,
        "values": row.mean,
        "places": row.field.places or 0,
    }
    return line if raw else {**line, "low": row.low, "high": row.high}


def chart_data(page: DevicePage) -> dict[str, Any] | None:
    """The line of the chosen field over the whole range; None when there is no number."""
    row = next((row for row in page.series.fields if row.field == page.field), None)
    if row is None:
        return None
    span = page.answer.span
    return {
        "kind": "line",
        "unit": unit_text(row.field),
        "x": [seconds(time) for time in page.series.times],
        "from": seconds(span.since),
        "to": seconds(min(span.until, page.now.facts.now)),
        "series": [line_of(row, raw=page.is_raw)],
        "gaps": [[seconds(begin), seconds(end)] for begin, end in page.series.gaps],
    }


def means_text(interval: Interval) -> str:
    """What a point of several lines is."""
    return _("Mean of each hour.") if interval == Interval.HOUR else _("Mean of each day.")


def interval_text(interval: Interval) -> str:
    """What a point of the chart is."""
    return {
        Interval.RAW: _("Every single reading."),
        Interval.HOUR: _("Mean of each hour; the band reaches from the lowest to the highest."),
        Interval.DAY: _("Mean of each day; the band reaches from the lowest to the highest."),
    }[interval]


def caption(page: DevicePage) -> str:
    """What is seen, in one or two sentences."""
    text = interval_text(page.answer.interval)
    if not page.series.gaps:
        return text
    gaps = ngettext(
        "Nothing arrived in %(count)s stretch; there the line is not joined.",
        "Nothing arrived in %(count)s stretches; there the line is not joined.",
        len(page.series.gaps),
    )
    return f"{text} {gaps % {'count': len(page.series.gaps)}}"


def span_text(span: Span, now: datetime) -> str:
    """The range in words; with its years where it is not all of this one."""
    local = [moment.astimezone(clock.TOKYO) for moment in (span.since, span.until)]
    this = all(moment.year == now.astimezone(clock.TOKYO).year for moment in local)
    since, until = (date_format(one, "SHORT_DATETIME_FORMAT" if this else "DATETIME_FORMAT") for one in local)
    return _("%(since)s – %(until)s") % {"since": since, "until": until}


def start_text(moment: datetime, interval: Interval, now: datetime) -> str:
    """A point of time as a table says it; a day without its time."""
    if interval != Interval.DAY:
        return clock.short(moment, now)
    return date_format(moment.astimezone(clock.TOKYO), "DATE_FORMAT")


def table_rows(page: DevicePage, now: datetime, most: int) -> list[dict[str, Any]]:
    """The newest ``most`` rows: uplinks where they are single, else hours or days."""
    if page.is_raw:
        return [
            {
                "time": uplink.time,
                "shown": clock.short(uplink.time, now),
                "cells": [shown_value(field, uplink.values) for field in page.fields],
                "last": uplink.rssi,
                "empty": not uplink.values,
                "note": uplink.get_decode_state_display(),
            }
            for uplink in page.uplinks
        ]
    return bucket_rows(page.series, page.answer.interval, now)[:most]


def bucket_rows(series: DeviceSeries, interval: Interval, now: datetime) -> list[dict[str, Any]]:
    """Hours or days, the newest first: mean with lowest and highest, and how many values."""
    rows = []
    for number in range(len(series.times) - 1, -1, -1):
        counts = [row.count[number] for row in series.fields]
        if any(count is not None for count in counts):
            rows.append(
                {
                    "time": series.times[number],
                    "shown": start_text(series.times[number], interval, now),
                    "cells": [bucket_text(row, number) for row in series.fields],
                    "last": max(count or 0 for count in counts),
                }
            )
    return rows


def bucket_text(row: FieldSeries, number: int) -> str | None:
    """``1.12 (1.08–1.15)``, None without a value."""
    if row.mean[number] is None:
        return None
    mean, low, high = (shown_number(row.field, column[number]) for column in (row.mean, row.low, row.high))
    if low == high:
        return str(mean)
    return pgettext("mean (lowest–highest)", "%(mean)s (%(low)s–%(high)s)") % {
        "mean": mean,
        "low": low,
        "high": high,
    }


def last_heading(page: DevicePage) -> str:
    """The head of the last column."""
    return f"{_('Signal')} dBm" if page.is_raw else _("Readings")


def position_items(page: DevicePage, located: Any) -> list[dict[str, Any]]:
    """Where the device is: as entered, as the network located it, as it told itself (newest first)."""
    device = page.now.device
    items = []
    if device.place:
        title = device.place_name or _("Place as entered")
        items.append({"title": title, "note": _("As entered"), "lat": device.place.y, "lon": device.place.x})
    if located and located.location:
        note = _("Located by the network, %(time)s") % {
            "time": clock.short(located.located_at, page.now.facts.now)
        }
        items.append(
            {"title": device.name, "note": note, "lat": located.location.y, "lon": located.location.x}
        )
    for uplink in page.uplinks[:10]:
        if (point := told_position(uplink.values or {})) is not None:
            note = _("Told by the device, %(time)s") % {"time": clock.short(uplink.time, page.now.facts.now)}
            items.append({"title": device.name, "note": note, "lat": point[0], "lon": point[1]})
    return [{**item, "number": number} for number, item in enumerate(items, start=1)]


#: What codecs call a position.
POSITIONS = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"))


def told_position(values: Any) -> tuple[float, float] | None:
    """Latitude and longitude among decoded values, None when there are none."""
    if not isinstance(values, dict):
        return None
    for names in POSITIONS:
        lat, lon = (values.get(name) for name in names)
        numbers = isinstance(lat, int | float) and isinstance(lon, int | float)
        if numbers and -90 <= lat <= 90 and -180 <= lon <= 180 and (lat or lon):  # type: ignore[operator]
            return float(lat), float(lon)  # type: ignore[arg-type]
    return None


def map_data(items: Sequence[dict[str, Any]], state: str) -> dict[str, Any]:
    """Data of the map component for ``position_items``."""
    return {
        "markers": [
            {
                "lat": item["lat"],
                "lon": item["lon"],
                "number": item["number"],
                "title": f"{item['title']} ({item['note']})",
                "family": "device",
                "state": state,
                "url": "",
            }
            for item in items
        ]
    }
