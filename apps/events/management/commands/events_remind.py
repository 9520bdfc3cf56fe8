"""Queue the reminders that are due, without Celery."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.events.domain import remind


class Command(BaseCommand):
    help = "Queue the reminder mails of tomorrow's events; again and again is safe."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"reminders queued: {remind()}")
