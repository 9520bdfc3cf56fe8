"""How dates of a gathering read, how much room is left, and from when on people are reminded."""

from __future__ import annotations

import unicodedata
from datetime import datetime, time, timedelta

from django.utils import dateformat
from django.utils.translation import get_language

from apps.core.clock import TOKYO
from apps.core.text import clean_line
from apps.events.enums import Seats

#: The hour in Japan at which reminders of the day before begin to leave.
REMINDER_HOUR = 9
#: So few seats, or a fifth of all, are "few".
FEW_SEATS = 3


def when_parts(start: datetime, end: datetime) -> tuple[str, str]:
    """``when`` in two parts, neither of which should be broken."""
    start, end = start.astimezone(TOKYO), end.astimezone(TOKYO)
    day = "D j M Y, " if get_language() == "en" else "Y年n月j日（D）"
    first = dateformat.format(start, day)
    if end.date() == start.date():
        return first, f"{dateformat.format(start, 'G:i')}–{dateformat.format(end, 'G:i')}"
    return f"{first}{dateformat.format(start, 'G:i')}–", dateformat.format(end, f"{day}G:i")


def when(start: datetime, end: datetime) -> str:
    """``2026年12月3日（木）14:00–15:30``, in Japan; the second day only when it is another."""
    return "".join(when_parts(start, end))


def day_time(moment: datetime) -> str:
    """``2026年12月3日（木）17:15``, in Japan."""
    english = get_language() == "en"
    return dateformat.format(moment.astimezone(TOKYO), "D j M Y, G:i" if english else "Y年n月j日（D）G:i")


def room(capacity: int | None, taken: int, waiting: int) -> Seats:
    """How much is left of ``capacity`` seats (None: no limit). Who waits goes before who comes new."""
    if capacity is None:
        return Seats.OPEN
    left = capacity - taken
    if left <= 0 or waiting:
        return Seats.FULL
    return Seats.FEW if left <= max(FEW_SEATS, capacity // 5) and left < capacity else Seats.OPEN


def reminder_from(starts_at: datetime) -> datetime:
    """From when on people are reminded: nine in the morning of the day before, in Japan."""
    day = starts_at.astimezone(TOKYO).date() - timedelta(days=1)
    return datetime.combine(day, time(REMINDER_HOUR), TOKYO)


def same_address(email: str) -> str:
    """An e-mail address as it is kept and compared: half-width, lower case."""
    return unicodedata.normalize("NFKC", clean_line(email)).strip().lower()
