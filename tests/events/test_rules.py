from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation

from apps.core.clock import TOKYO
from apps.events import rules
from apps.events.enums import Seats

START = datetime(2026, 12, 3, 14, 0, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", "2026年12月3日（木）14:00–15:30"), ("en", "Thu 3 Dec 2026, 14:00–15:30")],
)
def test_when_reads_as_people_write_it(language: str, words: str) -> None:
    with translation.override(language):
        assert rules.when(START, START.replace(hour=15, minute=30)) == words


def test_when_names_the_second_day() -> None:
    assert rules.when(START, START.replace(day=4)) == "2026年12月3日（木）14:00–2026年12月4日（金）14:00"


@pytest.mark.parametrize(
    ("capacity", "taken", "waiting", "expected"),
    [
        (None, 500, 0, Seats.OPEN),
        (20, 0, 0, Seats.OPEN),
        (20, 15, 0, Seats.OPEN),
        (20, 16, 0, Seats.FEW),
        (20, 20, 0, Seats.FULL),
        (20, 19, 1, Seats.FULL),  # the seat is for the one who waits
        (1, 0, 0, Seats.OPEN),
        (3, 1, 0, Seats.FEW),
    ],
)
def test_room_left(capacity: int | None, taken: int, waiting: int, expected: Seats) -> None:
    assert rules.room(capacity, taken, waiting) == expected


def test_reminders_begin_in_the_morning_of_the_day_before() -> None:
    assert rules.reminder_from(START) == datetime(2026, 12, 2, 9, 0, tzinfo=TOKYO)
    night = datetime(2026, 12, 3, 0, 30, tzinfo=TOKYO)
    assert rules.reminder_from(night) == datetime(2026, 12, 2, 9, 0, tzinfo=TOKYO)


def test_addresses_are_compared_in_one_form() -> None:
    assert rules.same_address("　Ｈａｒｕ＠Example.JP ") == "haru@example.jp"
