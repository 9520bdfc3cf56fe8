"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.domain.retention import retention_apply


@shared_task(name="telemetry.partitions")
def partitions() -> None:
    """Make the partitions of the months ahead."""
    partitions_ahead()


@shared_task(name="telemetry.retention")
def retention() -> None:
    """Drop what is older than the city keeps."""
    retention_apply()
