"""Calendar files (RFC 5545, ``.ics``) of dates that people keep in their own calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, vUri

from apps.core import clock
from apps.core.text import clean_line, clean_text

CONTENT_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """One date. ``uid`` is the same each time the entry is written, so that a calendar replaces it.

    ``start`` and ``end`` are aware moments; with ``all_day`` days in Japan, ``end`` the last one of
    them. Without ``end`` it is a point in time (or one day). ``text`` and ``url`` tell more.
    """

    uid: str
    title: str
    start: date
    end: date | None = None
    all_day: bool = False
    place: str = ""
    text: str = ""
    url: str = ""
    cancelled: bool = False


def calendar_file(*, name: str, entries: Sequence[Entry], now: datetime | None = None) -> bytes:
    """The file ``name`` (shown by calendars that subscribe to it), UTF-8, moments in UTC.

    Raises ``ValueError`` for an entry whose moments are not aware.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Machitry//Machitry//JA")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", clean_line(name))
    stamp = (now or clock.now()).astimezone(UTC).replace(microsecond=0)
    for entry in entries:
        calendar.add_component(_event(entry, stamp))
    return bytes(calendar.to_ical())


def _event(entry: Entry, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", stamp)
    event.add("summary", clean_line(entry.title))
    event.add("dtstart", _day(entry.start) if entry.all_day else _moment(entry.start))
    if entry.end is not None:
        # The end of a day-long entry is the day after its last.
        event.add("dtend", _day(entry.end) + timedelta(days=1) if entry.all_day else _moment(entry.end))
    for field, value in (("location", clean_line(entry.place)), ("description", clean_text(entry.text))):
        if value:
            event.add(field, value)
    if entry.url:
        event.add("url", vUri(clean_line(entry.url)))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    if entry.all_day:
        event.add("transp", "TRANSPARENT")  # a deadline does not make its day busy
    return event


def _day(value: date) -> date:
    return clock.local_date(value) if isinstance(value, datetime) else value


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"not an aware moment: {value!r}")
    return value.astimezone(UTC).replace(microsecond=0)
