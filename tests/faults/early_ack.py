"""The ingest with one fault planted: it acknowledges before it has stored. For the fault runs only."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from apps.telemetry.management.commands import ingest

    class Early(ingest.Command):
        def _serve(self, consumer: Any, runner: Any, options: dict[str, Any]) -> None:
            while not self.stopping:
                batch = consumer.batch(size=options["batch"], linger=options["linger"], wait=1.0)
                consumer.acknowledge(batch)
                if batch:
                    self._patiently(partial(self._store, batch, runner))

    call_command(Early(), *sys.argv[1:])


if __name__ == "__main__":
    main()
