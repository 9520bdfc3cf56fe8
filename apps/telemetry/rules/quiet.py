"""Quiet hours: a stretch of each day (Asia/Tokyo) in which no mail is written; it may lie over midnight."""

from __future__ import annotations

from datetime import datetime, time

from apps.core.clock import TOKYO


def is_quiet(quiet_from: time | None, quiet_until: time | None, moment: datetime) -> bool:
    """Whether ``moment`` lies in the stretch; its end does not belong to it."""
    if quiet_from is None or quiet_until is None:
        return False
    at = moment.astimezone(TOKYO).time()
    if quiet_from <= quiet_until:
        return quiet_from <= at < quiet_until
    return at >= quiet_from or at < quiet_until
