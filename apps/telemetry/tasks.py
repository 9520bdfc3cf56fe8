"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.telemetry.domain.alerts_live import alerts_tick
from apps.telemetry.domain.delivering import log_forget, messages_give_up
from apps.telemetry.domain.folding import hours_fold
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.domain.retention import retention_apply


@shared_task(name="telemetry.partitions")
def partitions() -> None:
    """Make the partitions of the months ahead."""
    partitions_ahead()


@shared_task(name="telemetry.webhook_log")
def webhook_log() -> None:
    """Give up what waited too long, and forget what is old."""
    messages_give_up()
    log_forget()


@shared_task(name="telemetry.retention")
def retention() -> None:
    """Drop what is older than the city keeps."""
    retention_apply()


@shared_task(name="telemetry.fold")
def fold() -> None:
    """Fold the hours of days that ended into months."""
    hours_fold()


@shared_task(name="telemetry.alerts")
def alerts() -> None:
    """What the clock says to alert rules, and mails that waited."""
    alerts_tick()
