"""The ASGI application of the door for events over HTTP: a process beside the web server's."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django.setup()

from apps.telemetry.adapters import HttpDoor  # noqa: E402 -- models need the settings first

application = HttpDoor()
