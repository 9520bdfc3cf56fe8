"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.calls.domain.conflict import conflicts_note_all


@shared_task(name="calls.conflicts")
def conflicts() -> None:
    """Keep conflicts of interest that came up since; they hold without it, this makes them known."""
    conflicts_note_all()
