"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.apikeys import domain


@shared_task(name="apikeys.usage")
def usage() -> None:
    """Write the use of keys that Redis counted."""
    domain.usage_flush()


@shared_task(name="apikeys.remind")
def remind() -> None:
    """Queue the mails about keys that end soon."""
    domain.keys_remind()
