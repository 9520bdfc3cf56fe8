"""``manage.py telemetry_retention``: drop what is older than the city keeps."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.telemetry.domain.retention import partitions_there, retention_apply


class Command(BaseCommand):
    help = "Drop months of readings and dead letters older than the site settings say (default: none)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        retired = retention_apply(dry=options["dry_run"])
        word = "would go" if options["dry_run"] else "dropped"
        for name in retired.partitions:
            self.stdout.write(f"{name} {word}")
        self.stdout.write(
            f"{retired.letters} dead letters {word}; {len(partitions_there())} partitions there"
        )
