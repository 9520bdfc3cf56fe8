"""Refusals of this app."""

from __future__ import annotations

from apps.core.errors import QuotaFull


class ExportsFull(QuotaFull):
    """A number of exports is used up; ``data``: ``limit``, ``used``, ``frees_at`` (ISO 8601 or None)."""

    status = 429
