"""``manage.py load_demo``: the sample city of ``make demo``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.portal.management.demo import load


class Command(BaseCommand):
    help = (
        "Load the sample city from fixtures/demo (dates count from today). "
        "What is there already is left as it is, so it can be run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Sample data belong in the demo only: MACHITRY_DEMO is not set.")
        counts = load()
        made = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        self.stdout.write(f"Loaded {made}." if made else "The sample data were loaded before.")
