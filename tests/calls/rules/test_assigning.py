"""The even distribution: full, even, fair when it cannot be full, and always the same."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.calls.rules.assigning import Candidate, Plan, Subject, meets, spread
from apps.calls.rules.phasing import proposed
from apps.core.clock import TOKYO


def subjects(count: int, **more: object) -> list[Subject]:
    return [Subject(f"s{n:03}", **more) for n in range(count)]  # type: ignore[arg-type]


def candidates(count: int, **more: object) -> list[Candidate]:
    return [Candidate(f"r{n}", **more) for n in range(count)]  # type: ignore[arg-type]


def got(plan: Plan) -> Counter[str]:
    return Counter(subject for _one, subject in plan.pairs)


def test_each_gets_three_and_the_loads_are_even() -> None:
    plan = spread(subjects(10), candidates(4), 3)
    assert set(got(plan).values()) == {3}
    assert sorted(plan.added.values()) == [7, 7, 8, 8]
    assert len(set(plan.pairs)) == 30
    assert not plan.short


def test_nothing_forbidden_or_taken_is_given_and_what_is_there_counts() -> None:
    rows = [
        Subject("a", has=1, taken=frozenset({"r0"})),
        Subject("b", forbidden=frozenset({"r1", "r2"})),
    ]
    plan = spread(rows, candidates(3), 2)
    assert ("r0", "a") not in plan.pairs
    assert got(plan) == {"a": 1, "b": 1}
    assert ("r0", "b") in plan.pairs
    [short] = plan.short
    assert (short.key, short.missing, short.conflicts, short.full) == ("b", 1, 2, 0)


def test_a_full_reviewer_makes_room_where_only_that_one_may() -> None:
    """Greedily the first application would take the only reviewer of the second."""
    rows = [Subject("a"), Subject("b", forbidden=frozenset({"r1"}))]
    people = [Candidate("r0", limit=1), Candidate("r1", limit=1, load=0)]
    assert set(spread(rows, people, 1).pairs) == {("r1", "a"), ("r0", "b")}


def test_whom_there_is_not_enough_for_is_told_with_the_reason() -> None:
    plan = spread(subjects(4), candidates(2, limit=3), 3)
    assert sum(got(plan).values()) == 6
    assert min(got(plan)[row.key] for row in subjects(4)) == 1, "nobody waits while another has two"
    assert {row.key for row in plan.short} == {"s000", "s001", "s002", "s003"}
    assert all(row.full for row in plan.short if row.missing == 2)


def test_themes_decide_among_even_loads() -> None:
    rows = [Subject(f"s{n}", frozenset({"river" if n % 2 else "farm"})) for n in range(8)]
    people = [Candidate("r0", frozenset({"river"})), Candidate("r1", frozenset({"farm"}))]
    plan = spread(rows, people, 1)
    assert plan.matched == 8
    assert plan.added == {"r0": 4, "r1": 4}


def test_who_has_much_already_gets_less() -> None:
    people = [Candidate("r0", load=5), Candidate("r1"), Candidate("r2", load=1)]
    added = spread(subjects(6), people, 1).added
    assert sorted(one.load + added[one.key] for one in people) == [3, 4, 5]


def test_no_reviewer_at_all() -> None:
    plan = spread(subjects(2), [], 3)
    assert not plan.pairs
    assert [row.missing for row in plan.short] == [3, 3]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [(set(), {"a"}, True), ({"a"}, set(), True), ({"a", "b"}, {"b"}, True), ({"a"}, {"b"}, False)],
)
def test_themes_meet(one: set[str], other: set[str], found: bool) -> None:
    assert meets(one, other) is found


def _most(rows: list[Subject], people: list[Candidate], wanted: int) -> int:
    """How many reviews can be given at most: the largest flow, one augmenting path after another."""
    given_to: dict[str, set[str]] = {row.key: set() for row in rows}
    room = {one.key: one.room for one in people}

    def seek(row: Subject, seen: set[str]) -> bool:
        for one in people:
            if one.key in row.forbidden | row.taken | given_to[row.key] or one.key in seen:
                continue
            seen.add(one.key)
            holders = [other for other in rows if one.key in given_to[other.key]]
            if room[one.key] > 0:
                room[one.key] -= 1
                given_to[row.key].add(one.key)
                return True
            for other in holders:
                if seek(other, seen):
                    given_to[other.key].discard(one.key)
                    given_to[row.key].add(one.key)
                    return True
        return False

    return sum(seek(row, set()) for _step in range(wanted) for row in rows)


@st.composite
def _tasks(draw: st.DrawFn) -> tuple[list[Subject], list[Candidate], int]:
    names = [f"r{n}" for n in range(draw(st.integers(0, 4)))]
    some = st.sets(st.sampled_from(names)) if names else st.just(set())
    people = [
        Candidate(
            name, frozenset(draw(st.sets(st.sampled_from("ab")))), 0, draw(st.integers(0, 4) | st.none())
        )
        for name in names
    ]
    rows = [
        Subject(
            f"s{n}", frozenset(draw(st.sets(st.sampled_from("ab")))), 0, frozenset(), frozenset(draw(some))
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    return rows, people, draw(st.integers(1, 4))


@settings(max_examples=150, deadline=None)
@given(_tasks())
def test_as_many_as_can_be_and_never_more(task: tuple[list[Subject], list[Candidate], int]) -> None:
    rows, people, wanted = task
    plan = spread(rows, people, wanted)
    assert plan == spread(rows, people, wanted), "the same facts give the same plan"
    assert plan.fingerprint == spread(rows, people, wanted).fingerprint
    assert len(plan.pairs) == len(set(plan.pairs)) == _most(rows, people, wanted)
    counts = got(plan)
    for row in rows:
        assert counts[row.key] + sum(s.missing for s in plan.short if s.key == row.key) == wanted
        assert not any(one in row.forbidden for one, other in plan.pairs if other == row.key)
    for one in people:
        assert plan.added[one.key] <= one.room


def test_a_pair_of_phases_follows_from_the_dates() -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 12, day, hour, tzinfo=TOKYO)

    pair = proposed(at(1, 17), at(22, 0).date(), at(1, 9))
    assert pair is not None
    assert (pair.begins, pair.turns, pair.ends) == (at(2, 9), at(15, 17), at(22, 17))
    late = proposed(at(1, 17), at(22, 0).date(), at(18, 9))
    assert late is not None
    assert (late.begins, late.turns) == (at(19, 9), at(21, 17))
    assert proposed(at(1, 17), at(22, 0).date(), at(20, 9)) is None
