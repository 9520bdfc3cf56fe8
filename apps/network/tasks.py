"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.network.domain.heard import heard_compact


@shared_task(name="network.heard")
def heard() -> None:
    """Add what the ingest heard to the statistics of gateways and squares."""
    heard_compact()
