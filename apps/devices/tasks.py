"""Celery's doors to this app."""

from __future__ import annotations

from celery import shared_task

from apps.core.domain import answers_forget
from apps.devices.domain.bulk import batches_clean_up
from apps.devices.domain.drift import servers_compare
from apps.devices.domain.provisioning import provisions_follow


@shared_task(name="devices.compare")
def compare() -> None:
    """Compare the network servers with what should stand on them."""
    servers_compare()


@shared_task(name="devices.follow_trials")
def follow_trials() -> None:
    """Switch off, on or take away the devices of trials that ended, paused or went on by the calendar."""
    provisions_follow()


@shared_task(name="devices.forget_files")
def forget_files() -> None:
    """Forget files of devices whose hour is over (they hold root keys, though encrypted), and answers of the
    API whose day is over."""
    batches_clean_up()
    answers_forget()
