"""The storing process of the door for events over HTTP; its argument is the socket it was given."""

from __future__ import annotations

import os
import signal
import socket
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")


def main() -> None:
    django.setup()
    from apps.core.collector import rest_the_collector  # noqa: PLC0415 -- models need the settings first
    from apps.telemetry.adapters.store_child import serve  # noqa: PLC0415 -- likewise

    # Who stops the door stops its children too; this one ends when the door has handed over all it took.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    way = socket.socket(fileno=int(sys.argv[1]))
    way.set_inheritable(False)
    # Three threads share this process: with the usual 5 ms each waits long for the others.
    sys.setswitchinterval(0.0005)
    rest_the_collector()
    serve(way)


if __name__ == "__main__":
    main()
