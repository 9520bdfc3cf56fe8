"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.exports.domain import exports_forget


@shared_task(name="exports.forget")
def forget() -> None:
    """Delete the files whose days are over."""
    while exports_forget():
        pass
