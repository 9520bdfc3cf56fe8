"""Reading the city's settings: one row, kept in the process for a few seconds."""

from __future__ import annotations

import time

from apps.core.models import SiteSettings

_TTL_SECONDS = 5.0
_kept: tuple[float, SiteSettings] | None = None


def site_settings() -> SiteSettings:
    """The city's settings (defaults when nothing was saved yet). At most 5 s old."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > _TTL_SECONDS:
        _kept = (time.monotonic(), SiteSettings.objects.filter(pk=1).first() or SiteSettings(pk=1))
    return _kept[1]


def forget() -> None:
    """Drop the kept settings, after a change and between tests."""
    global _kept
    _kept = None
