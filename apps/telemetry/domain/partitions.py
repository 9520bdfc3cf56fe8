"""Monthly partitions of uplinks and device events: made ahead, and on demand for a month not met before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from apps.core import clock

#: Two numbers that name our advisory lock: nobody else makes partitions at the same time.
_LOCK = (0x4D54, 1)
#: The tables with a partition for each month.
TABLES = ("telemetry_uplink", "telemetry_deviceevent")
_known: set[date] = set()


def month_of(moment: datetime) -> date:
    """The first day of the UTC month of ``moment``."""
    return moment.astimezone(UTC).date().replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month ``count`` months after ``month`` (negative: before)."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def partition_name(month: date, table: str = TABLES[0]) -> str:
    return f"{table}_{month:%Y%m}"


def partitions_ensure(*, months: Iterable[date]) -> list[str]:
    """Make what is missing of ``months``; returns the names made. Safe to call at any time."""
    made = []
    for month in sorted(set(months) - _known):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
            made += [name for table in TABLES if (name := _make(cursor, table, month))]
            # Known only once it is there for good: what an outer transaction takes back was never made.
            transaction.on_commit(partial(_known.add, month))
    return made


def _make(cursor: Any, table: str, month: date) -> str:
    """Make the partition of ``table`` for ``month``; its name, empty when it was there."""
    name = partition_name(month, table)
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is not None:
        return ""
    cursor.execute(
        f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{month.isoformat()} 00:00+00') "
        f"TO ('{month_after(month).isoformat()} 00:00+00')"
    )
    return name


def partitions_ahead(*, ahead: int = 3, now: datetime | None = None) -> list[str]:
    """Make last month's, this month's and ``ahead`` further partitions."""
    this = month_of(now or clock.now())
    return partitions_ensure(months=[month_after(this, n) for n in range(-1, ahead + 1)])


def forget() -> None:
    """Forget which partitions are known, after the database was changed."""
    _known.clear()
