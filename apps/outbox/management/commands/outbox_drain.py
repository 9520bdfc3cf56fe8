"""Send queued mails and do queued jobs, without Celery."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from apps.outbox.domain import outbox_drain

logger = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Send queued mails and do queued jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="one run, then stop (default)")
        how.add_argument("--forever", action="store_true", help="until stopped, a run every few seconds")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between runs")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["forever"]:
            drained = outbox_drain()
            self.stdout.write(f"sent {drained.sent}, failed {drained.failed}, jobs done {drained.done}")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            close_old_connections()
            try:
                outbox_drain()
            except DatabaseError as error:
                logger.warning("outbox_database_away", error=str(error))
            stop.wait(options["every"])
