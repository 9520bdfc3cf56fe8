"""Housekeeping of people."""

from __future__ import annotations

from celery import shared_task

from apps.accounts.domain import people_clean_up


@shared_task(name="accounts.clean_up")
def clean_up() -> None:
    people_clean_up()
