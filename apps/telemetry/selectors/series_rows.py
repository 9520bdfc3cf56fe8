"""The points behind series: of many devices in one query each, in whatever interval."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from apps.core import clock
from apps.telemetry.rules import is_number
from apps.telemetry.rules.series import POINTS, Bucket, Interval, Span, day_begin, folded, whole_hours

#: (start, {field: [n, min, max, sum, last]}) of one device, oldest first.
Points = list[tuple[datetime, dict[str, Bucket]]]
Found = dict[uuid.UUID, Points]


def points_of(devices: Sequence[uuid.UUID], span: Span, interval: Interval) -> Found | None:
    """The points of ``devices`` in ``span``; None when there are more single values than fit a series."""
    if interval == Interval.RAW:
        return raw_points(devices, span)
    if interval == Interval.HOUR:
        return hour_points(devices, span)
    if span.zone.key == clock.TOKYO.key:
        return day_points(devices, span)
    if whole_hours(span):
        found = hour_points(devices, span)
        return {pk: _days(folded(points, span.zone), span) for pk, points in found.items()}
    return counted_points(devices, span)


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def raw_points(
    devices: Sequence[uuid.UUID], span: Span, *, trial: uuid.UUID | None = None, most: int = POINTS
) -> Found | None:
    """Every uplink that holds a number; with ``trial`` what came in that only. None: more than ``most``."""
    found: Found = defaultdict(list)
    counts: dict[uuid.UUID, int] = defaultdict(int)
    given = {"devices": list(devices), "since": span.since, "until": span.until, "most": most + 1}
    given["trial"] = trial
    sql = _RAW.format(condition="AND trial_id = %(trial)s" if trial else "")
    for pk, time, text in _rows(sql, given):
        counts[pk] += 1
        values = orjson.loads(text)
        numbers = {name: value for name, value in values.items() if is_number(value)}
        if numbers:
            found[pk].append((time, {name: [1, n, n, n, n] for name, n in numbers.items()}))
    return None if any(count > most for count in counts.values()) else found


def hour_points(devices: Sequence[uuid.UUID], span: Span) -> Found:
    """The hours (UTC) of ``DeviceHour``."""
    found: Found = defaultdict(list)
    given = {"devices": list(devices), "since": span.since, "until": span.until}
    for pk, hour, text in _rows(_HOURS, given):
        if fields := orjson.loads(text):
            found[pk].append((hour, fields))
    return found


def day_points(devices: Sequence[uuid.UUID], span: Span) -> Found:
    """Days in Japan: those that are folded, and over them those with an hour that is not. Two queries.

    What is open is read first: folded between the two queries, it stands in both.
    """
    given = {"devices": list(devices), "since": span.since, "until": span.until}
    open_hours: Found = defaultdict(list)
    for pk, hour, text in _rows(_OPEN, given):
        open_hours[pk].append((hour, orjson.loads(text)))
    days: dict[uuid.UUID, dict[date, dict[str, Bucket]]] = defaultdict(dict)
    given["since"] = span.since.astimezone(span.zone).date().replace(day=1)
    given["until"] = span.until.astimezone(span.zone).date()
    for pk, month, text in _rows(_MONTHS, given):
        for day, fields in orjson.loads(text).items():
            days[pk][month + timedelta(days=int(day) - 1)] = fields
    for pk, hours in open_hours.items():
        days[pk].update(folded(hours, span.zone))
    return {pk: _days(found, span) for pk, found in days.items()}


def counted_points(devices: Sequence[uuid.UUID], span: Span) -> Found:
    """Days of a zone whose days begin within an hour of UTC (India): counted from the uplinks themselves."""
    days: dict[uuid.UUID, dict[date, dict[str, Bucket]]] = defaultdict(lambda: defaultdict(dict))
    given = {"devices": list(devices), "since": span.since, "until": span.until, "zone": span.zone.key}
    for pk, day, name, count, low, high, total, last in _rows(_COUNTED, given):
        days[pk][day][name] = [count, low, high, total, last]
    return {pk: _days(found, span) for pk, found in days.items()}


def _days(days: dict[date, dict[str, Bucket]], span: Span) -> Points:
    rows = [(day_begin(day, span.zone), fields) for day, fields in sorted(days.items()) if fields]
    return [(start, fields) for start, fields in rows if span.since <= start < span.until]


_RAW = """
SELECT d.id, u.time, u.values
FROM unnest(%(devices)s::uuid[]) AS d(id) CROSS JOIN LATERAL (
    SELECT time, values::text FROM telemetry_uplink
    WHERE device_id = d.id AND time >= %(since)s AND time < %(until)s
        AND jsonb_typeof(values) = 'object' {condition}
    ORDER BY time LIMIT %(most)s
) u
"""
_HOURS = """
SELECT device_id, hour, fields::text FROM telemetry_devicehour
WHERE device_id = ANY(%(devices)s::uuid[]) AND hour >= %(since)s AND hour < %(until)s
ORDER BY device_id, hour
"""
#: OFFSET keeps the days a loop over the index: a join would read every hour of the device.
_OPEN = """
SELECT h.device_id, h.hour, h.fields::text
FROM (
    SELECT DISTINCT device_id, (hour AT TIME ZONE 'Asia/Tokyo')::date AS day FROM telemetry_devicehour
    WHERE NOT folded AND device_id = ANY(%(devices)s::uuid[]) AND hour >= %(since)s AND hour < %(until)s
) o
CROSS JOIN LATERAL (
    SELECT device_id, hour, fields FROM telemetry_devicehour
    WHERE device_id = o.device_id AND hour >= o.day::timestamp AT TIME ZONE 'Asia/Tokyo'
        AND hour < (o.day + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'
    OFFSET 0
) h
ORDER BY h.device_id, h.hour
"""
_MONTHS = """
SELECT device_id, month, days FROM telemetry_devicemonth
WHERE device_id = ANY(%(devices)s::uuid[]) AND month >= %(since)s AND month <= %(until)s
"""
_COUNTED = """
SELECT u.device_id, (u.time AT TIME ZONE %(zone)s)::date AS day, f.key, count(*), min(n.value), max(n.value),
    sum(n.value), (array_agg(n.value ORDER BY u.time DESC))[1]
FROM telemetry_uplink u
CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(u.values) WHEN 'object' THEN u.values ELSE '{}' END) f
CROSS JOIN LATERAL (
    SELECT CASE WHEN jsonb_typeof(f.value) = 'number' AND abs(f.value::numeric) < 1e300
        THEN f.value::float8 END AS value
) n
WHERE u.device_id = ANY(%(devices)s::uuid[]) AND u.time >= %(since)s AND u.time < %(until)s
    AND n.value IS NOT NULL
GROUP BY 1, 2, 3
"""
