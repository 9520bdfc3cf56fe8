"""Numbers of the ingest for Prometheus, read from the database when they are asked for."""

from __future__ import annotations

from django.db.models import Count, Max

from apps.core import clock
from apps.telemetry.domain.retention import months_ahead, partitions_there
from apps.telemetry.enums import DeadLetterReason, DeadLetterState
from apps.telemetry.models import DeadLetter, DeviceLatest


def ingest_gauges() -> dict[str, float]:
    """How old the newest uplink is, what waits as dead letters, and the months that are there. Three queries.

    ``machitry_ingest_silence_seconds`` is left out while no uplink was ever stored.
    """
    now = clock.now()
    kept = DeadLetter.objects.filter(state=DeadLetterState.KEPT).order_by().values_list("reason")
    letters = {str(reason): 0 for reason in DeadLetterReason.values} | dict(kept.annotate(n=Count("pk")))
    numbers: dict[str, float] = {
        f'machitry_dead_letters{{reason="{reason}"}}': count for reason, count in letters.items()
    }
    there = partitions_there()
    numbers["machitry_partitions"] = len(there)
    numbers["machitry_partitions_ahead_months"] = months_ahead(now, there)
    newest = DeviceLatest.objects.aggregate(at=Max("received_at"))["at"]
    if newest:
        numbers["machitry_ingest_silence_seconds"] = max(0.0, (now - newest).total_seconds())
    return numbers
