"""Series of devices over a range: raw, hourly or daily, chosen so that a year opens as fast as a day."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import InvalidInput
from apps.devices.models import Device
from apps.telemetry.rules.rhythm import Rhythm
from apps.telemetry.rules.series import (
    HOUR,
    LONGEST,
    POINTS,
    Bucket,
    Interval,
    Span,
    breaks,
    ends_of,
    hour_or_day,
    interval_for,
)
from apps.telemetry.selectors.fields import Field, described, fields_of
from apps.telemetry.selectors.series_rows import Points
from apps.telemetry.selectors.series_seen import points_seen
from apps.telemetry.selectors.sight import latest_of
from apps.telemetry.selectors.states import rhythms_of

#: Fields and devices of one answer at most.
FIELDS, DEVICES = 10, 10
#: Times that can be asked for.
OLDEST, NEWEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
#: As long as nothing arrives is no gap: four times the usual interval, half an hour at least.
PATIENCE, PATIENCE_LEAST = 4, timedelta(minutes=30)
#: From so many points on their own rhythm counts too: a device that once sent more seldom has no gaps there.
OWN_RHYTHM = 6


@dataclass(frozen=True)
class FieldSeries:
    """One field beside ``DeviceSeries.times``, None where nothing is. Of raw points ``mean`` is the value."""

    field: Field
    mean: list[float | None]
    low: list[float | None]
    high: list[float | None]
    count: list[int | None]


@dataclass(frozen=True)
class DeviceSeries:
    """``times`` are moments (raw) or starts; where the line breaks a row of None stands."""

    device: Device
    times: list[datetime]
    gaps: list[tuple[datetime, datetime]]
    fields: list[FieldSeries]

    @property
    def numbers(self) -> int:
        """Points that hold something."""
        return len(self.times) - sum(1 for row in _rows_of(self) if all(n is None for n in row))


def _rows_of(series: DeviceSeries) -> list[tuple[int | None, ...]]:
    return list(zip(*(one.count for one in series.fields), strict=True)) if series.fields else []


@dataclass(frozen=True)
class SeriesAnswer:
    """``span`` is what was asked for, widened to whole hours or days."""

    span: Span
    interval: Interval
    devices: list[DeviceSeries]


def series_of(
    *,
    devices: Sequence[Device],
    span: Span,
    names: Sequence[str] | None = None,
    interval: Interval | None = None,
    rhythms: Mapping[uuid.UUID, Rhythm] | None = None,
    now: datetime | None = None,
) -> SeriesAnswer:
    """Series of ``devices`` (with their models). Three queries at most for the points, one for the rhythm.

    ``names``: fields, None for the first ten that have numbers. ``interval`` None: the finest that stays
    within 1,500 points. Raises ``InvalidInput`` naming ``until``, ``interval`` or ``fields``.
    """
    now = now or clock.now()
    span_check(span)
    rhythms = rhythms if rhythms is not None else rhythms_of(devices)
    chosen, points = _points(devices, span, interval, rhythms)
    if names is not None:
        _names_check(devices, names, points)
    wide = span.widened(chosen)
    shaped = [
        _shape(device, points.get(device.pk, []), names, wide, chosen, rhythms[device.pk], now)
        for device in devices
    ]
    return SeriesAnswer(wide, chosen, shaped)


def span_asked(since: datetime | None, until: datetime | None, zone: ZoneInfo, now: datetime) -> Span:
    """The range from ``since`` (a day before its end) until ``until`` (now). Raises ``InvalidInput``."""
    for place, moment in (("since", since), ("until", until)):
        if moment is not None and not OLDEST <= moment <= NEWEST:
            words = {"oldest": OLDEST.year, "newest": NEWEST.year}
            raise _refused(place, _("Give a time between %(oldest)s and %(newest)s.") % words)
    until = until or now
    span = Span(since or until - timedelta(days=1), until, zone)
    span_check(span)
    return span


def span_check(span: Span) -> None:
    """Raises ``InvalidInput`` naming ``until`` when ``span`` is empty or longer than a series can be."""
    if span.length <= timedelta(0):
        raise _refused("until", _("The end must be later than the beginning."))
    if span.length > LONGEST:
        text = _("At most %(days)s days at a time. Ask for a shorter range, several after one another.")
        raise _refused("until", text % {"days": f"{LONGEST.days:,}"})


def _refused(place: str, text: str) -> InvalidInput:
    return InvalidInput(text, fields={place: [text]})


def _points(
    devices: Sequence[Device],
    span: Span,
    interval: Interval | None,
    rhythms: Mapping[uuid.UUID, Rhythm],
) -> tuple[Interval, dict[uuid.UUID, Points]]:
    if interval is None:
        usual = min((rhythms[device.pk].interval for device in devices), default=600.0)
        if interval_for(span.length, usual) == Interval.RAW:
            found = points_seen(devices, span, Interval.RAW)
            if found:
                return Interval.RAW, found
            if found is not None:
                return _kept(devices, span)
        # Too long, or more than the rhythm foretold.
        interval = hour_or_day(span.length)
    if interval == Interval.HOUR and span.length / HOUR > POINTS:
        text = _("At most %(points)s hours at a time. Give a shorter range, or days (1d).")
        raise _refused("interval", text % {"points": f"{POINTS:,}"})
    found = points_seen(devices, span.widened(interval), interval)
    if found is None:
        text = _("More than %(points)s single values. Give a shorter range, or hours (1h).")
        raise _refused("interval", text % {"points": f"{POINTS:,}"})
    return interval, found


def _kept(devices: Sequence[Device], span: Span) -> tuple[Interval, dict[uuid.UUID, Points]]:
    """Where single readings are no longer kept, hours are."""
    interval = hour_or_day(span.length)
    found = points_seen(devices, span.widened(interval), interval)
    return (interval, found) if found else (Interval.RAW, {})


def _names_check(devices: Sequence[Device], names: Sequence[str], points: Mapping[uuid.UUID, Points]) -> None:
    """Every name is described, arrived in the range, or is among a device's newest values."""
    if len(names) > FIELDS:
        raise _refused("fields", _("At most %(count)s fields at a time.") % {"count": FIELDS})
    known = {name for device in devices for name in described(device)}
    known |= {name for rows in points.values() for _start, fields in rows for name in fields}
    if set(names) <= known:
        return
    latest = [row.values for row in latest_of(devices).values()]
    known |= {name for values in latest if isinstance(values, dict) for name in values}
    unknown = [name for name in names if name not in known]
    if unknown:
        words = {"name": unknown[0][:60], "known": ", ".join(sorted(known)[:20]) or "–"}
        raise _refused("fields", _("There is no field “%(name)s” here. There are: %(known)s.") % words)


def _shape(
    device: Device,
    points: Points,
    names: Sequence[str] | None,
    span: Span,
    interval: Interval,
    rhythm: Rhythm,
    now: datetime,
) -> DeviceSeries:
    seen = {name for _start, fields in points for name in fields}
    fields = fields_of(device, {*seen, *(names or ())}, get_language())
    if names is None:
        chosen = [field for field in fields if field.name in seen][:FIELDS]
    else:
        by_name = {field.name: field for field in fields}
        chosen = [by_name[name] for name in dict.fromkeys(names)]
    wanted = {field.name for field in chosen}
    rows = [(start, values) for start, values in points if not wanted.isdisjoint(values)]
    starts = [start for start, _values in rows]
    ends = ends_of(starts, interval, span.zone)
    gaps = breaks(starts, ends, min(span.until, now), patience_of(rhythm, starts, interval))
    full = _with_breaks(rows, ends, {begin for begin, _end in gaps}, raw=interval == Interval.RAW)
    columns = [_column(field, [values.get(field.name) for _start, values in full]) for field in chosen]
    return DeviceSeries(device, [start for start, _values in full], gaps, columns)


def patience_of(rhythm: Rhythm, starts: Sequence[datetime], interval: Interval) -> timedelta:
    """From which silence on the line breaks: by the rhythm as it is now, and by that of the points."""
    usual = rhythm.interval
    if interval == Interval.RAW and len(starts) >= OWN_RHYTHM:
        usual = max(usual, statistics.median((b - a).total_seconds() for a, b in pairwise(starts)))
    return max(PATIENCE * timedelta(seconds=usual), PATIENCE_LEAST)


def _with_breaks(rows: Points, ends: Sequence[datetime], gaps: Collection[datetime], *, raw: bool) -> Points:
    """``rows`` with an empty one where a gap begins."""
    full: Points = []
    for (start, values), end in zip(rows, ends, strict=True):
        full.append((start, values))
        if end in gaps:
            # Between single values it stands a second after the last.
            full.append((end + timedelta(seconds=raw), {}))
    return full


def _column(field: Field, buckets: Sequence[Bucket | None]) -> FieldSeries:
    places = 4 if field.places is None else field.places + 2
    return FieldSeries(
        field=field,
        # Rounded: without the noise of adding up.
        mean=[None if b is None else round(b[3] / b[0] if b[0] > 1 else b[4], places) for b in buckets],
        low=[None if b is None else b[1] for b in buckets],
        high=[None if b is None else b[2] for b in buckets],
        count=[None if b is None else int(b[0]) for b in buckets],
    )
