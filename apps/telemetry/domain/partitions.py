"""Monthly partitions of ``telemetry_uplink``: made ahead, and on demand for a month not met before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import partial

from django.db import connection, transaction

from apps.core import clock

#: Two numbers that name our advisory lock: nobody else makes partitions at the same time.
_LOCK = (0x4D54, 1)
_known: set[date] = set()


def month_of(moment: datetime) -> date:
    """The first day of the UTC month of ``moment``."""
    return moment.astimezone(UTC).date().replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month ``count`` months after ``month`` (negative: before)."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def partition_name(month: date) -> str:
    return f"telemetry_uplink_{month:%Y%m}"


def partitions_ensure(*, months: Iterable[date]) -> list[str]:
    """Make what is missing of ``months``; returns the names made. Safe to call at any time."""
    made = []
    for month in sorted(set(months) - _known):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
            cursor.execute("SELECT to_regclass(%s)", [partition_name(month)])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f"CREATE TABLE {partition_name(month)} PARTITION OF telemetry_uplink "
                    f"FOR VALUES FROM ('{month.isoformat()} 00:00+00') "
                    f"TO ('{month_after(month).isoformat()} 00:00+00')"
                )
                made.append(partition_name(month))
            # Known only once it is there for good: what an outer transaction takes back was never made.
            transaction.on_commit(partial(_known.add, month))
    return made


def partitions_ahead(*, ahead: int = 3, now: datetime | None = None) -> list[str]:
    """Make last month's, this month's and ``ahead`` further partitions."""
    this = month_of(now or clock.now())
    return partitions_ensure(months=[month_after(this, n) for n in range(-1, ahead + 1)])


def forget() -> None:
    """Forget which partitions are known, after the database was changed."""
    _known.clear()
