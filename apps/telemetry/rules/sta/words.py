"""The words of a filter: names, texts, numbers, times, signs, each with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.dateparse import parse_date, parse_datetime, parse_duration
from django.utils.translation import gettext as _

from apps.core import clock
from apps.telemetry.errors import BadOption

MOST_CHARACTERS: Final = 4000
MOST_WORDS: Final = 300

_WORD: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<duration>duration'[^']*')
  | (?P<shape>(?:geography|geometry)'[^']*')
  | (?P<text>'(?:[^']|'')*')
  | (?P<time>\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+\- ]\d\d:?\d\d)?)?)
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[@$\w][\w.@]*(?:/[@\w][\w.@:-]*)*)
  | (?P<sign>[(),/])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Word:
    """``kind``: name, value (a literal), shape (text of a geometry) or sign; ``end`` with value None."""

    kind: str
    value: Any
    at: int


@dataclass(frozen=True)
class Interval:
    """From ``start`` until ``end``."""

    start: datetime
    end: datetime


def words(text: str, option: str) -> list[Word]:
    """``text`` in words, and one more that is the end; raises ``BadOption`` with the place."""
    if len(text) > MOST_CHARACTERS:
        raise BadOption(option, _("This is too long."), at=MOST_CHARACTERS)
    found = [*_words(text, option), Word("end", None, len(text))]
    if len(found) > MOST_WORDS:
        raise BadOption(option, _("This is too long."), at=found[MOST_WORDS].at)
    return found


def _words(text: str, option: str) -> Iterator[Word]:
    place = 0
    while place < len(text):
        match = _WORD.match(text, place)
        if match is None:
            raise BadOption(
                option, _("“%(text)s” is not understood.") % {"text": text[place:][:20]}, at=place
            )
        kind, raw = str(match.lastgroup), match.group()
        if kind in ("name", "sign"):
            yield Word(kind, raw, place)
        elif kind != "space":
            yield Word("shape" if kind == "shape" else "value", _value(kind, raw, option, place), place)
        place = match.end()


def _value(kind: str, raw: str, option: str, at: int) -> Any:
    if kind == "text":
        return raw[1:-1].replace("''", "'")
    if kind == "shape":
        return raw[raw.index("'") + 1 : -1]
    if kind == "number":
        return number_of(raw)
    value = time_of(raw) if kind == "time" else duration_of(raw[9:-1])
    if value is None:
        raise BadOption(option, _("“%(text)s” is not a time.") % {"text": raw[:40]}, at=at)
    return value


def number_of(raw: str) -> int | float:
    """A whole number where it is one and not huge."""
    if raw.lstrip("+-").isascii() and raw.lstrip("+-").isdigit() and len(raw) < 19:
        return int(raw)
    value = float(raw)
    return value if math.isfinite(value) else math.copysign(1.7e308, value)


def time_of(raw: str) -> datetime | None:
    """ISO 8601 in UTC; without an offset it is the time in Japan, a day its first moment.

    An address turns a bare ``+`` into a space: that is understood.
    """
    text = re.sub(r" (?=\d\d:?\d\d$)", "+", raw.strip().upper())
    try:
        value = parse_datetime(text)
        if value is None and (day := parse_date(text)) is not None:
            value = datetime.combine(day, datetime.min.time())
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=clock.TOKYO)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def duration_of(raw: str) -> timedelta | None:
    """``PT1H``, ``P1D`` …"""
    try:
        return parse_duration(raw) if raw.lstrip("-").startswith("P") else None
    except (ValueError, OverflowError):
        return None
