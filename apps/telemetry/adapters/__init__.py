"""The door through which events come over HTTP (an ASGI application of its own process)."""

from __future__ import annotations

from apps.telemetry.adapters.http_door import HttpDoor

__all__ = ["HttpDoor"]
