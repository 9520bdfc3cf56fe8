"""Since when the portal itself has been listening: what it could not hear is not held against a device."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core.cache import caches

_KEY = "telemetry-hearing"
#: No sign for so long is a break (``/readyz`` waits as long).
BREAK = timedelta(minutes=1)


def hearing_mark(now: datetime) -> None:
    """The ingest says that it is connected; after a break the time counts anew."""
    kept = caches["default"].get(_KEY)
    at = now.timestamp()
    begun = kept[0] if kept and at - kept[1] <= BREAK.total_seconds() else at
    caches["default"].set(_KEY, (begun, at), None)


def hearing_since(now: datetime) -> datetime | None:
    """Since when the ingest has been connected without a break; None: it is not, or that is not known."""
    kept = caches["default"].get(_KEY)
    if not kept or now.timestamp() - kept[1] > BREAK.total_seconds():
        return None
    return datetime.fromtimestamp(kept[0], UTC)
