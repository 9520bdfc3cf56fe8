"""Folding hours into months of days, so that a year is read as fast as a day.

The ingest, decoding again and masks write hours, and an hour they write is not folded. Now and then the days
that ended are counted anew from all their hours, under the device's lock: so days follow exactly from the
hours, late data too. What is not folded yet ``selectors.series`` counts itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import structlog
from django.db import connection, transaction

from apps.core import clock
from apps.core.json_text import json_bytes
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.rules.series import day_begin, folded

logger = structlog.get_logger(__name__)
#: Devices in one transaction, and of each at most so many open hours (about six months).
DEVICES, HOURS = 20, 4_500


def hours_fold(*, now: datetime | None = None, most: int = 100_000) -> int:
    """Fold the open hours of days that have ended (Asia/Tokyo), ``most`` devices at most; how many hours."""
    today = day_begin(clock.local_date(now), clock.TOKYO)
    count, after = 0, uuid.UUID(int=0)
    for _turn in range(max(1, most // DEVICES)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OPEN_DEVICES, [after, today, DEVICES])
            devices = [row[0] for row in cursor.fetchall()]
            count += _fold(cursor, devices, today)
        if len(devices) < DEVICES:
            break
        after = devices[-1]
    if count:
        logger.info("hours_folded", hours=count)
    return count


def _fold(cursor: Any, devices: Sequence[uuid.UUID], today: datetime) -> int:
    if not devices:
        return 0
    devices_lock(cursor=cursor, devices=devices)
    count = 0
    for device in devices:
        cursor.execute(_OPEN_DAYS, [device, today, HOURS])
        days = [row[0] for row in cursor.fetchall()]
        if days:
            count += _fold_days(cursor, device, days)
    return count


def _fold_days(cursor: Any, device: uuid.UUID, days: Sequence[date]) -> int:
    """Count ``days`` of ``device`` anew and mark all their hours."""
    begins = [day_begin(day, clock.TOKYO) for day in days]
    ends = [begin + timedelta(days=1) for begin in begins]
    cursor.execute(_HOURS, [begins, ends, device])
    rows = cursor.fetchall()
    months: dict[tuple[uuid.UUID, date], dict[str, Any]] = {}
    for organization in {row[0] for row in rows}:
        own = [(row[1], orjson.loads(row[2])) for row in rows if row[0] == organization]
        for day, fields in folded(own, clock.TOKYO).items():
            months.setdefault((organization, day.replace(day=1)), {})[str(day.day)] = fields
    cursor.execute(_MONTHS, [device, sorted({month for _organization, month in months})])
    known = {(row[0], row[1]): orjson.loads(row[2]) for row in cursor.fetchall()}
    for (organization, month), values in months.items():
        text = json_bytes({**known.get((organization, month), {}), **values}).decode()
        cursor.execute(_KEEP, [organization, device, month, text])
    cursor.execute(_MARK, [begins, ends, device])
    return int(cursor.rowcount)


_OPEN_DEVICES = """
SELECT DISTINCT device_id FROM telemetry_devicehour
WHERE NOT folded AND device_id > %s AND hour < %s ORDER BY device_id LIMIT %s
"""
_OPEN_DAYS = """
SELECT DISTINCT (hour AT TIME ZONE 'Asia/Tokyo')::date FROM (
    SELECT hour FROM telemetry_devicehour WHERE NOT folded AND device_id = %s AND hour < %s
    ORDER BY hour LIMIT %s
) open
"""
_HOURS = """
SELECT h.organization_id, h.hour, h.fields::text
FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS d(begin_at, end_at)
JOIN telemetry_devicehour h ON h.device_id = %s AND h.hour >= d.begin_at AND h.hour < d.end_at
ORDER BY h.hour
"""
_MONTHS = """
SELECT organization_id, month, days FROM telemetry_devicemonth
WHERE device_id = %s AND month = ANY(%s::date[])
"""
_KEEP = """
INSERT INTO telemetry_devicemonth (organization_id, device_id, month, days) VALUES (%s, %s, %s, %s)
ON CONFLICT (organization_id, device_id, month) DO UPDATE SET days = excluded.days
"""
_MARK = """
UPDATE telemetry_devicehour h SET folded = true
FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS d(begin_at, end_at)
WHERE h.device_id = %s AND h.hour >= d.begin_at AND h.hour < d.end_at AND NOT h.folded
"""
