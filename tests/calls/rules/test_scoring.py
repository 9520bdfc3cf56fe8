from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.calls.rules.scoring import HUNDRED, Aggregate, Scale, aggregate, span_of, total

FIVE = Scale(1, 5)
WEIGHTS = st.decimals(Decimal("0.01"), 100, places=2)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    low = draw(st.integers(0, 20))
    return Scale(low, low + draw(st.integers(1, 100)), draw(WEIGHTS))


@st.composite
def reviews(draw: st.DrawFn) -> tuple[dict[int, int | None], dict[int, Scale]]:
    rows = draw(st.lists(scales(), min_size=1, max_size=8))
    criteria = dict(enumerate(rows))
    scores = {
        key: draw(st.none() | st.integers(scale.low, scale.high))
        for key, scale in criteria.items()
        if draw(st.booleans())
    }
    return scores, criteria


def test_one_scale_is_kept_and_several_become_a_hundred() -> None:
    assert span_of([FIVE, Scale(1, 5, Decimal(3))]) == (1, 5)
    assert span_of([FIVE, Scale(0, 10)]) == HUNDRED
    assert span_of([]) == HUNDRED


def test_weights_count() -> None:
    criteria = {"a": Scale(1, 5, Decimal(3)), "b": Scale(1, 5, Decimal(1))}
    assert total({"a": 5, "b": 1}, criteria) == 4


def test_scales_of_their_own_are_brought_together() -> None:
    criteria = {"a": Scale(1, 5), "b": Scale(0, 10)}
    assert total({"a": 3, "b": 10}, criteria) == 75


def test_cannot_judge_is_left_out_and_never_the_lowest() -> None:
    criteria = {"a": Scale(0, 10), "b": Scale(0, 10)}
    assert total({"a": 8, "b": None}, criteria) == 8
    assert total({"a": None, "b": None}, criteria) is None
    assert total({}, criteria) is None


def test_what_a_scale_no_longer_holds_is_left_out() -> None:
    assert total({"a": 9, "b": 3, "gone": 5}, {"a": FIVE, "b": FIVE}) == 3


def test_several_reviews() -> None:
    found = aggregate([2, 5, None, 4, 4.5])
    assert (found.count, found.median, found.mean) == (4, 4.25, 3.875)
    assert (found.lowest, found.highest, found.spread) == (2, 5, 3)
    assert aggregate([]) == Aggregate() == aggregate([None])
    assert aggregate([]).spread is None


@given(reviews())
def test_a_total_lies_on_the_scale_it_is_shown_on(
    review: tuple[dict[int, int | None], dict[int, Scale]],
) -> None:
    scores, criteria = review
    found = total(scores, criteria)
    low, high = span_of(criteria.values())
    assert (found is None) == all(value is None for value in scores.values())
    assert found is None or low <= found <= high


@given(reviews())
def test_leaving_out_is_the_same_as_not_having_been_asked(
    review: tuple[dict[int, int | None], dict[int, Scale]],
) -> None:
    scores, criteria = review
    judged = {key: value for key, value in scores.items() if value is not None}
    assert total(scores, criteria) == total(judged, criteria)
    span = span_of(criteria.values())
    if judged and span_of(criteria[key] for key in judged) == span:
        assert total(judged, {key: criteria[key] for key in judged}) == pytest.approx(total(scores, criteria))


@given(reviews(), st.integers(0, 7))
def test_a_better_score_never_makes_a_worse_total(
    review: tuple[dict[int, int | None], dict[int, Scale]], key: int
) -> None:
    scores, criteria = review
    value = scores.get(key)
    if value is None or value >= criteria[key].high:
        return
    before, after = total(scores, criteria), total({**scores, key: value + 1}, criteria)
    assert before is not None
    assert after is not None
    assert after >= before


@given(reviews())
def test_weights_count_in_proportion_only(review: tuple[dict[int, int | None], dict[int, Scale]]) -> None:
    scores, criteria = review
    doubled = {key: Scale(row.low, row.high, row.weight * 2) for key, row in criteria.items()}
    assert total(scores, doubled) == pytest.approx(total(scores, criteria))


@given(st.lists(st.none() | st.floats(0, 100, allow_nan=False), max_size=9), st.randoms())
def test_order_makes_no_difference(totals: list[float | None], random: object) -> None:
    shuffled = list(totals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert aggregate(shuffled) == aggregate(totals)
    found = aggregate(totals)
    if found.lowest is not None and found.highest is not None and found.median is not None:
        assert found.lowest - 1e-6 <= found.median <= found.highest + 1e-6
