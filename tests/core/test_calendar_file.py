from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from apps.core.calendar_file import Entry, calendar_file
from apps.core.clock import TOKYO

START = datetime(2026, 12, 3, 14, 0, tzinfo=TOKYO)
STAMP = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def _events(*entries: Entry) -> list:
    return Calendar.from_ical(calendar_file(name="公募", entries=entries, now=STAMP)).walk("VEVENT")


def test_calendar_file_can_be_read_again() -> None:
    entry = Entry(
        uid="1@example.jp",
        title="説明会; A, B\\C",
        start=START,
        end=START.replace(hour=15),
        place="市役所 8階",
        text="1行目\n2行目" + "長" * 200,
        url="https://example.jp/events/1/?a=1,2",
    )
    (event,) = _events(entry)
    assert str(event["SUMMARY"]) == "説明会; A, B\\C"
    assert str(event["DESCRIPTION"]) == "1行目\n2行目" + "長" * 200
    assert str(event["LOCATION"]) == "市役所 8階"
    assert event["URL"] == "https://example.jp/events/1/?a=1,2"
    assert event["DTSTART"].dt == datetime(2026, 12, 3, 5, 0, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 12, 3, 6, 0, tzinfo=UTC)
    assert event["STATUS"] == "CONFIRMED"


def test_calendar_file_of_days_ends_on_the_day_after() -> None:
    first, last = date(2026, 12, 3), date(2026, 12, 4)
    (event,) = _events(Entry(uid="1", title="応募", start=first, end=last, all_day=True))
    assert event["DTSTART"].dt == first
    assert event["DTEND"].dt == date(2026, 12, 5)


def test_calendar_file_without_an_end() -> None:
    (event,) = _events(Entry(uid="1", title="締切", start=START))
    assert "DTEND" not in event


def test_calendar_file_lets_nobody_write_lines_of_their_own() -> None:
    evil = "x\r\nATTENDEE:mailto:a@example.jp\r\nBEGIN:VALARM\x00"
    raw = calendar_file(
        name=evil,
        entries=[Entry(uid="1", title=evil, start=START, place=evil, text=evil, url=f"https://a/{evil}")],
        now=STAMP,
    ).decode()
    assert not [line for line in raw.splitlines() if line.startswith(("ATTENDEE", "BEGIN:VALARM"))]
    assert all(len(line.encode()) <= 75 for line in raw.split("\r\n"))


def test_calendar_file_says_what_was_called_off() -> None:
    (event,) = _events(Entry(uid="1", title="説明会", start=START, cancelled=True))
    assert event["STATUS"] == "CANCELLED"


def test_calendar_file_refuses_a_moment_without_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        calendar_file(name="x", entries=[Entry(uid="1", title="x", start=START.replace(tzinfo=None))])
