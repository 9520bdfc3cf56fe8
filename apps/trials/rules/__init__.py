"""Pure rules of trials."""

from __future__ import annotations

from apps.trials.rules.changes import (
    CHANGE_WITH_LETTER,
    FOR_THE_LEAD,
    OVER,
    PlaceFacts,
    Standing,
    change_faults,
    read_day,
)
from apps.trials.rules.period import report_due_after
from apps.trials.rules.shown import PublicPlace, days_left, public_place

__all__ = [
    "CHANGE_WITH_LETTER",
    "FOR_THE_LEAD",
    "OVER",
    "PlaceFacts",
    "PublicPlace",
    "Standing",
    "change_faults",
    "days_left",
    "public_place",
    "read_day",
    "report_due_after",
]
