"""The worker's way to the outbox. PostgreSQL holds what waits; this only wakes the drainer."""

from __future__ import annotations

from celery import shared_task

from apps.outbox.domain import outbox_drain


@shared_task(name="outbox.drain")
def drain() -> None:
    outbox_drain()
