"""When an alert begins and ends, step by step, and that the past is judged like the present."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.telemetry.enums import AlertKind, Direction
from apps.telemetry.rules.alerting import Change, Closed, Opened, Reading, Standing, Terms, replay, step, tick

START = datetime(2026, 11, 1, tzinfo=UTC)
HIGH = Terms(AlertKind.THRESHOLD, Direction.ABOVE, limit=1.5, release=1.2)
SILENCE = Terms(AlertKind.SILENCE, minutes=60)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def readings(*values: Any, every: int = 10) -> list[Reading]:
    return [Reading(at(number * every), value) for number, value in enumerate(values)]


def told(terms: Terms, *values: Any, until: float | None = None) -> list[Change]:
    rows = readings(*values)
    return replay(terms, rows, rows[-1].at if until is None else at(until))[1]


def test_an_alert_is_told_once_and_ends_beyond_the_release() -> None:
    changes = told(HIGH, 1.0, 1.6, 1.4, 1.7, 1.3, 1.2, 1.4)
    assert changes == [Opened(at(10), 1.6), Closed(at(50), 1.2)]


def test_the_limit_itself_is_not_beyond_it() -> None:
    assert told(HIGH, 1.5) == []
    assert told(Terms(AlertKind.THRESHOLD, Direction.BELOW, limit=1.5), 1.5, 1.4, 1.5) == [
        Opened(at(10), 1.4),
        Closed(at(20), 1.5),
    ]


@pytest.mark.parametrize("nothing", [None, "high", True, math.nan, math.inf, [], {}])
def test_what_is_no_number_neither_opens_nor_closes(nothing: Any) -> None:
    assert told(HIGH, 1.6, nothing) == [Opened(at(0), 1.6)]
    assert told(HIGH, 1.0, nothing) == []


def test_the_value_must_stay_beyond_for_so_long() -> None:
    lasting = Terms(AlertKind.THRESHOLD, Direction.ABOVE, limit=1.5, minutes=15)
    assert told(lasting, 1.6, 1.4, 1.6, 1.4) == []
    assert told(lasting, 1.6, 1.7, 1.6) == [Opened(at(15), 1.7)]
    assert told(lasting, 1.0, 1.6, until=25) == []
    assert told(lasting, 1.0, 1.6, until=25.1) == [Opened(at(25), 1.6)]


def test_what_fell_due_between_two_readings_keeps_its_hysteresis() -> None:
    lasting = Terms(AlertKind.THRESHOLD, Direction.ABOVE, limit=1.5, release=1.2, minutes=5)
    assert told(lasting, 1.6, 1.3) == [Opened(at(5), 1.6)]
    assert told(lasting, 1.6, 1.1) == [Opened(at(5), 1.6), Closed(at(10), 1.1)]


def test_a_reading_of_the_very_moment_decides() -> None:
    lasting = Terms(AlertKind.THRESHOLD, Direction.ABOVE, limit=1.5, minutes=10)
    assert told(lasting, 1.6, 1.4) == []
    assert told(lasting, 1.6, 1.7) == [Opened(at(10), 1.7)]


def test_older_than_the_last_one_looked_at_changes_nothing() -> None:
    standing, changes = step(HIGH, Standing(), Reading(at(10), 1.6))
    assert changes == [Opened(at(10), 1.6)]
    assert step(HIGH, standing, Reading(at(5), 1.0)) == (standing, [])
    assert step(HIGH, standing, Reading(at(10), 1.0)) == (standing, [])


def test_no_data_for_so_long() -> None:
    assert replay(SILENCE, readings(0, 0), at(70))[1] == []
    assert replay(SILENCE, readings(0, 0), at(71))[1] == [Opened(at(70), 0)]
    in_time = [*readings(0), Reading(at(60))]
    assert replay(SILENCE, in_time, at(100))[1] == []
    late = [*readings(0), Reading(at(90))]
    assert replay(SILENCE, late, at(100))[1] == [Opened(at(60), 0), Closed(at(90))]
    assert tick(SILENCE, Standing(), at(1000)) == (Standing(), [])


def test_silence_of_the_portal_itself_is_not_held_against_a_device() -> None:
    heard = Standing(seen_at=START)
    assert tick(SILENCE, heard, at(100), since=at(50))[1] == []
    assert tick(SILENCE, heard, at(111), since=at(50))[1] == [Opened(at(110))]


def test_an_alert_never_ends_before_it_began() -> None:
    standing, _changes = tick(SILENCE, Standing(seen_at=START), at(61))
    assert step(SILENCE, standing, Reading(at(59)))[1] == [Closed(at(60))]


def test_states_and_a_battery_that_is_plugged_in() -> None:
    states = Terms(AlertKind.STATE, states=("silent", "keys_wrong"))
    rows = [Reading(at(n), state=code) for n, code in enumerate(("", "silent", "keys_wrong", ""))]
    assert replay(states, rows, at(3))[1] == [Opened(at(1), None, "silent"), Closed(at(3))]
    battery = Terms(AlertKind.BATTERY, Direction.BELOW, limit=20.0, release=30.0)
    rows = [Reading(at(0), 8.0), Reading(at(1), None), Reading(at(2), None, at_rest=True)]
    assert replay(battery, rows, at(3))[1] == [Opened(at(0), 8.0), Closed(at(2))]


def test_worse_is_farther_beyond() -> None:
    assert HIGH.worse(1.6, 1.8) == 1.8
    assert Terms(AlertKind.BATTERY, Direction.BELOW, limit=20).worse(9, None) == 9
    assert HIGH.worse(None, None) is None


_TERMS = st.one_of(
    st.builds(
        Terms,
        kind=st.just(AlertKind.THRESHOLD),
        direction=st.just(Direction.ABOVE),
        limit=st.just(5.0),
        release=st.sampled_from([None, 3.0]),
        minutes=st.integers(0, 40),
    ),
    st.builds(Terms, kind=st.just(AlertKind.SILENCE), minutes=st.integers(1, 60)),
)
_VALUES = st.one_of(st.integers(0, 8).map(float), st.none(), st.just(math.nan))
_GAPS = st.lists(st.tuples(st.integers(1, 90), _VALUES), min_size=1, max_size=30)


def live(terms: Terms, rows: list[Reading], ticks: list[datetime], until: datetime) -> list[Change]:
    """As it happens: readings come in order, the clock ticks in between whenever it likes."""
    standing, changes = Standing(), []
    moments = sorted(
        [(row.at, 1, row) for row in rows] + [(one, 0, None) for one in ticks], key=lambda m: m[:2]
    )
    for moment, _rank, row in moments:
        standing, more = step(terms, standing, row) if row else tick(terms, standing, moment)
        changes += more
    return changes + tick(terms, standing, until)[1]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_TERMS, _GAPS, st.lists(st.integers(0, 2000), max_size=40))
def test_replaying_a_stretch_tells_what_was_told_live(
    terms: Terms, gaps: list[tuple[int, Any]], ticks: list[int]
) -> None:
    rows, minute = [], 0
    for gap, value in gaps:
        minute += gap
        rows.append(Reading(at(minute), value))
    until = at(minute + 30)
    past = replay(terms, rows, until)[1]
    assert live(terms, rows, [moment for n in ticks if (moment := at(n)) <= until], until) == past
    for one, other in pairwise(past):
        assert type(one) is not type(other)
        assert one.at <= other.at
