"""The points behind series as far as the reader of each device sees them (``Device.sight``).

Hours and days are kept without the trial, so of a device that moved those that lie whole in a stay are read
as they are, and what is cut by a move is counted from what is finer: an hour from its uplinks, a day from
its hours. All others are read as ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from apps.core import clock
from apps.devices.models import Device
from apps.devices.rules.sight import Sight, Stay
from apps.telemetry.rules.series import (
    HOUR,
    POINTS,
    Bucket,
    Interval,
    Span,
    bucket_next,
    bucket_start,
    merged,
    whole_hours,
)
from apps.telemetry.selectors.series_rows import Found, Points, points_of, raw_points
from apps.telemetry.selectors.sight import parted

#: Single values of an hour or a day that is cut by a move.
_MOST_CUT = 100_000


def points_seen(devices: Sequence[Device], span: Span, interval: Interval) -> Found | None:
    """The points of ``devices`` in ``span`` (whole hours or days unless raw), as ``points_of`` gives them."""
    whole, partly = parted(devices)
    found = points_of(whole, span, interval) if whole else {}
    if found is None:
        return None
    for device in partly:
        assert device.sight is not None
        points = _points(device.pk, device.sight, span, interval, POINTS)
        if points is None:
            return None
        if points:
            found[device.pk] = points
    return found


def _points(pk: uuid.UUID, sight: Sight, span: Span, interval: Interval, most: int) -> Points | None:
    if interval == Interval.RAW:
        since = max(span.since, sight.since) if sight.since else span.since
        rows = raw_points([pk], replace(span, since=since), trial=sight.trial, most=most)
        return None if rows is None else rows.get(pk, [])
    found: Points = []
    cut: set[datetime] = set()
    for stay in sight.stays:
        inner, edges = _parts(stay, span, interval)
        cut |= edges
        if inner is not None:
            found += (points_of([pk], inner, interval) or {}).get(pk, [])
    for start in cut:
        if fields := _counted(pk, sight, span, start, interval):
            found.append((start, fields))
    return sorted(found, key=lambda point: point[0])


def _parts(stay: Stay, span: Span, interval: Interval) -> tuple[Span | None, set[datetime]]:
    """The whole hours or days of ``span`` in ``stay``, and the starts of those that it cuts."""
    since, until = max(span.since, stay[0] or span.since), min(span.until, stay[1] or span.until)
    if since >= until:
        return None, set()
    first, last = (bucket_start(moment, interval, span.zone) for moment in (since, until))
    edges = {start for start, moment in ((first, since), (last, until)) if start != moment}
    if first != since:
        first = bucket_next(first, interval, span.zone)
    return (replace(span, since=first, until=last) if first < last else None), edges


def _counted(
    pk: uuid.UUID, sight: Sight, span: Span, start: datetime, interval: Interval
) -> dict[str, Bucket]:
    """The hour or day from ``start`` on, of what is seen in it only."""
    inside = replace(span, since=start, until=bucket_next(start, interval, span.zone))
    hourly = interval == Interval.DAY and whole_hours(inside)
    finer = Interval.HOUR if hourly else Interval.RAW
    return _together(_points(pk, sight, inside, finer, _MOST_CUT))


def hour_in_trial(pk: uuid.UUID, trial: uuid.UUID, start: datetime) -> dict[str, Bucket]:
    """The hour from ``start`` on of a device, of what came in ``trial`` only. One query."""
    inside = Span(start, start + HOUR, clock.TOKYO)
    found = raw_points([pk], inside, trial=trial, most=_MOST_CUT)
    return _together(found[pk] if found and pk in found else [])


def _together(points: Points | None) -> dict[str, Bucket]:
    total: dict[str, Bucket] = {}
    for _start, fields in points or ():
        for name, bucket in fields.items():
            total[name] = merged(total.get(name), bucket)
    return total
