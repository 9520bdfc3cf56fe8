"""Series without a database: which interval, which buckets, where the line breaks.

A bucket is ``[n, min, max, sum, last]`` of the values that fell into it (``DeviceHour.fields``); its start is
a moment in UTC. Hours are hours of UTC; days are days of a time zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

#: Points of a series at most, in whatever interval.
POINTS = 1500
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: The longest range: as many days as there may be points (about four years).
LONGEST = POINTS * DAY

Bucket = Sequence[float]


class Interval(StrEnum):
    """How wide the points of a series are."""

    RAW = "raw"
    HOUR = "1h"
    DAY = "1d"


@dataclass(frozen=True)
class Span:
    """A stretch of time ``[since, until)``, seen in ``zone``."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def widened(self, interval: Interval) -> Span:
        """The whole hours or days that it touches."""
        if interval == Interval.RAW:
            return self
        begin = bucket_start(self.since, interval, self.zone)
        last = bucket_start(self.until - timedelta(microseconds=1), interval, self.zone)
        return Span(begin, bucket_next(last, interval, self.zone), self.zone)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone called ``name`` (``Asia/Tokyo``), None when there is none."""
    return ZoneInfo(name) if name in available_timezones() else None


def whole_hours(span: Span) -> bool:
    """In that zone days begin with an hour of UTC, as far as the two ends of ``span`` tell."""
    moments = (span.since, span.since + span.length / 2, span.until)
    return all(not (m.astimezone(span.zone).utcoffset() or HOUR).seconds % 3600 for m in moments)


@lru_cache(maxsize=8192)
def day_begin(day: date, zone: ZoneInfo) -> datetime:
    """When ``day`` begins in ``zone``, in UTC. Kept: a year asks for each of its days twice."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def bucket_start(moment: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """The start of the hour or day that holds ``moment``."""
    if interval == Interval.HOUR:
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return day_begin(moment.astimezone(zone).date(), zone)


@lru_cache(maxsize=8192)
def bucket_next(start: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """The start of the hour or day after the one that begins at ``start``; a day may have 23 to 25 hours."""
    if interval == Interval.HOUR:
        return start + HOUR
    return day_begin(start.astimezone(zone).date() + DAY, zone)


def interval_for(length: timedelta, usual: float, points: int = POINTS) -> Interval:
    """The finest interval that stays within ``points`` for a device that sends every ``usual`` seconds."""
    if length.total_seconds() / max(usual, 1) <= points:
        return Interval.RAW
    return hour_or_day(length, points)


def hour_or_day(length: timedelta, points: int = POINTS) -> Interval:
    # Of a stretch that begins within an hour one more is touched.
    return Interval.HOUR if length / HOUR + 1 <= points else Interval.DAY


def merged(one: Bucket | None, other: Bucket) -> Bucket:
    """Two buckets as one; ``other`` is the later."""
    if one is None:
        return list(other)
    return [one[0] + other[0], min(one[1], other[1]), max(one[2], other[2]), one[3] + other[3], other[4]]


def folded(
    hours: Iterable[tuple[datetime, Mapping[str, Bucket]]], zone: ZoneInfo
) -> dict[date, dict[str, Bucket]]:
    """Days of ``zone`` from ``hours`` in their order."""
    days: dict[date, dict[str, Bucket]] = {}
    for hour, fields in hours:
        day = days.setdefault(hour.astimezone(zone).date(), {})
        for name, bucket in fields.items():
            day[name] = merged(day.get(name), bucket)
    return days


def ends_of(starts: Sequence[datetime], interval: Interval, zone: ZoneInfo) -> list[datetime]:
    """When each of the points is over: single values at once, hours and days with the next."""
    if interval == Interval.RAW:
        return list(starts)
    return [bucket_next(start, interval, zone) for start in starts]


def breaks(
    starts: Sequence[datetime], ends: Sequence[datetime], until: datetime, patience: timedelta
) -> list[tuple[datetime, datetime]]:
    """Stretches longer than ``patience`` in which nothing arrived, from the first of ``starts`` to ``until``.

    An hour or a day without data counts from the end of the one before to the start of the next.
    """
    nexts = [*starts[1:], until]
    return [(end, later) for end, later in zip(ends, nexts, strict=False) if later - end > patience]
