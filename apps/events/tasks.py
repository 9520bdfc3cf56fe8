"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.events import domain


@shared_task(name="events.remind")
def remind() -> None:
    """Queue the reminders of tomorrow's events."""
    domain.remind()
