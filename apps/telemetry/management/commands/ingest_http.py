"""``manage.py ingest_http``: take events over HTTP, store them, then answer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Serve POST /ingest for ChirpStack's HTTP integration and webhooks of The Things Stack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument(
            "--workers", type=int, default=1, help="processes; each commits in its own groups"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from granian import Granian  # noqa: PLC0415 -- slow import
        from granian.constants import Interfaces, Loops  # noqa: PLC0415 -- slow import

        Granian(
            "config.ingest:application",
            address=options["host"],
            port=options["port"],
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            workers=options["workers"],
            websockets=False,
            # Beyond this connections wait in the kernel: a slow database slows its senders down.
            backpressure=4096,
            respawn_failed_workers=True,
        ).serve()
