"""What is kept for how long, by the city's settings: months of single readings, days of dead letters.

The default keeps everything. The latest state, the hourly values and the daily counts stay in any case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import OperationalError, connection, transaction

from apps.audit.domain import record
from apps.core import clock
from apps.core.site import site_settings
from apps.telemetry.domain.partitions import TABLES, forget, month_after, month_of, partition_name
from apps.telemetry.models import DeadLetter

logger = structlog.get_logger(__name__)
_NAME: Final = re.compile(rf"({'|'.join(TABLES)})_(\d{{4}})(\d{{2}})")
#: Dropping a month waits for whoever reads it; rather tomorrow than hold up the ingest.
_PATIENCE: Final = "3s"
LETTERS_AT_ONCE: Final = 5_000


@dataclass(frozen=True)
class Retired:
    """The partitions dropped (or, dry, that would be), and how many dead letters."""

    partitions: tuple[str, ...]
    letters: int


def partitions_there() -> list[tuple[str, date]]:
    """All monthly partitions with the first day of their month, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " JOIN pg_class p ON p.oid = i.inhparent WHERE p.relname = ANY(%s)",
            [list(TABLES)],
        )
        names = [row[0] for row in cursor.fetchall()]
    found = [(name, _NAME.fullmatch(name)) for name in names]
    return sorted(
        ((name, date(int(match[2]), int(match[3]), 1)) for name, match in found if match),
        key=lambda row: (row[1], row[0]),
    )


def retention_apply(*, now: datetime | None = None, dry: bool = False) -> Retired:
    """Drop months older than the city keeps readings, and dead letters likewise. Safe to call again."""
    now, settings = now or clock.now(), site_settings()
    months, days = settings.keep_uplinks_months, settings.keep_dead_letters_days
    dropped: list[str] = []
    if months:
        oldest = month_after(month_of(now), -months)
        over = [(name, month) for name, month in partitions_there() if month < oldest]
        dropped = [name for name, _month in over] if dry else _dropped(over)
    return Retired(tuple(dropped), _letters(now - timedelta(days=days), dry) if days else 0)


def _dropped(over: Sequence[tuple[str, date]]) -> list[str]:
    dropped = []
    for name, _month in over:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)}")
                record(action="telemetry.partition_drop", actor=None, data={"partition": name})
        except OperationalError as error:
            logger.warning("partition_busy", partition=name, error=type(error).__name__)
            continue
        dropped.append(name)
        logger.info("partition_dropped", partition=name)
    # A late reading makes its month anew; it goes again with the next night.
    forget()
    return dropped


def _letters(before: datetime, dry: bool) -> int:
    old = DeadLetter.objects.filter(received_at__lt=before)
    if dry:
        return old.count()
    gone = 0
    while ids := list(old.order_by().values_list("pk", flat=True)[:LETTERS_AT_ONCE]):
        gone += DeadLetter.objects.filter(pk__in=ids).delete()[0]
    return gone


def months_ahead(now: datetime, there: Sequence[tuple[str, date]]) -> int:
    """How many months after this one are ``there`` already, without a gap."""
    this, names = month_of(now), {name for name, _month in there}
    ahead = 0
    while all(partition_name(month_after(this, ahead + 1), table) in names for table in TABLES):
        ahead += 1
    return ahead
