"""Taking the use that Redis counted into PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from apps.apikeys.domain.limits import windows_sweep
from apps.apikeys.domain.refusing import refusals_sweep
from apps.apikeys.integrations.counters import Away, usage_read
from apps.apikeys.models import ApiKey, ApiUsage
from apps.core import clock
from apps.core.clock import TOKYO

#: How far back days are read: what was counted shortly before midnight, and after beat was away.
_DAYS = 3
_BATCH = 1000


def usage_flush(*, now: datetime | None = None) -> int:
    """Write the counts of the last days as they stand in Redis; how many rows.

    Counts only grow, and each row is written as the whole count, so doing it twice changes nothing.
    When Redis forgets (a restart without its file), what was counted since the last time is lost,
    nothing else: a new ``source`` begins at nought.
    """
    now = now or clock.now()
    today = now.astimezone(TOKYO).date()
    try:
        rows = [row for back in range(_DAYS) for row in _rows(today - timedelta(days=back))]
    except Away:
        return 0
    windows_sweep(now=now)
    refusals_sweep(now=now)
    known = set(ApiKey.objects.filter(pk__in={row.key_id for row in rows}).values_list("pk", flat=True))
    kept = [row for row in rows if row.key_id in known]
    ApiUsage.objects.bulk_create(
        kept,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["key", "day", "source"],
        update_fields=["calls", "refused"],
    )
    return len(kept)


def _rows(day: date) -> list[ApiUsage]:
    source, numbers = usage_read(day)
    return [
        ApiUsage(key_id=key, day=day, source=source, calls=calls, refused=refused)
        for key, (calls, refused) in numbers.items()
    ]
