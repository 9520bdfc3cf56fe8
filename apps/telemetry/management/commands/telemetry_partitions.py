"""``manage.py telemetry_partitions``: make the monthly partitions that are missing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.telemetry.domain.partitions import partitions_ahead


class Command(BaseCommand):
    help = "Make the monthly partitions of uplinks: last month's, this month's and some ahead."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ahead", type=int, default=3, help="months ahead")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in partitions_ahead(ahead=options["ahead"]):
            self.stdout.write(name)
