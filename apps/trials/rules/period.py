"""Until when the report of a trial is due."""

from __future__ import annotations

from datetime import date, timedelta


def report_due_after(*, due: date | None, ended: date, ends: date) -> date | None:
    """The day the report is due when the last day moves from ``ended`` to ``ends``: as long after it
    as before. None stays None."""
    return None if due is None else ends + max(timedelta(0), due - ended)
