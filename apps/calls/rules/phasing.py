"""A sensible pair of phases for a call, from its dates alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from apps.core.clock import TOKYO

#: Phases begin in the morning and end in the afternoon, when someone is there to answer.
BEGINS, ENDS = time(9), time(17)
#: Of the days between closing and decision, scoring takes two thirds; with fewer there is no room for both.
FEWEST_DAYS = 2


@dataclass(frozen=True)
class Pair:
    """Scoring from ``begins`` until ``turns``, deliberation from then until ``ends``."""

    begins: datetime
    turns: datetime
    ends: datetime


def proposed(last_moment: datetime, decision_on: date, now: datetime) -> Pair | None:
    """The phases of a call that takes applications until ``last_moment``; None when time is too short.

    Scoring begins on the morning after closing, or on the next one when that has passed.
    """
    first = max(last_moment, now).astimezone(TOKYO).date() + timedelta(days=1)
    days = (decision_on - first).days
    if days < FEWEST_DAYS:
        return None
    turn = first + timedelta(days=max(1, days * 2 // 3))
    return Pair(
        datetime.combine(first, BEGINS, TOKYO),
        datetime.combine(turn, ENDS, TOKYO),
        datetime.combine(decision_on, ENDS, TOKYO),
    )
