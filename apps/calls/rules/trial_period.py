"""From when until when the trial of an adopted application runs. No models, no HTTP."""

from __future__ import annotations

from datetime import date


def trial_period(
    *, wish_from: date | None, wish_until: date | None, call_from: date, call_until: date, today: date
) -> tuple[date, date]:
    """First and last day: what of the company's wish lies within the call's; else the call's.

    A wish that is over before the trial can begin counts as none.
    """
    begins = max(wish_from or call_from, call_from)
    ends = min(wish_until or call_until, call_until)
    if begins > ends or ends < today:
        return call_from, call_until
    return begins, ends
