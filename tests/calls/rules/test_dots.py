"""The dots of scores: where they stand, how they are stacked."""

from __future__ import annotations

import pytest

from apps.calls.rules.deciding import granted_start, share
from apps.calls.rules.dots import BASE, HEIGHT, LEFT, NEAR, RADIUS, RIGHT, WIDTH, dots_of, place


def test_the_ends_of_the_scale_are_the_ends_of_the_line() -> None:
    assert (place(1, (1, 5)), place(5, (1, 5)), place(3, (1, 5))) == (LEFT, RIGHT, (LEFT + RIGHT) / 2)
    assert (place(0, (1, 5)), place(9, (1, 5))) == (LEFT, RIGHT)


@pytest.mark.parametrize(("span", "ticks"), [((1, 5), 5), ((0, 10), 11), ((0, 100), 5)])
def test_the_scale_has_a_mark_for_each_step_or_for_quarters(span: tuple[int, int], ticks: int) -> None:
    found = dots_of([], span=span, median=None, mean=None)
    assert len(found.ticks) == ticks
    assert (found.dots, found.median, found.mean) == ([], None, None)


def test_equal_scores_stand_on_one_another_within_the_drawing() -> None:
    found = dots_of([4, 5, 4, 4.05, 4, 4, 4], span=(1, 5), median=4, mean=4.15)
    assert len(found.dots) == 7
    assert {x for x, y in found.dots if y == BASE} == {place(4, (1, 5)), RIGHT}
    assert sorted({y for _x, y in found.dots}) == [BASE - 2 * NEAR, BASE - NEAR, BASE]
    assert all(RADIUS <= x <= WIDTH - RADIUS and RADIUS <= y <= HEIGHT for x, y in found.dots)


def test_what_is_granted_when_nobody_says_otherwise() -> None:
    sensors = [{"name": "", "count": 2, "interval_s": 600, "payload_bytes": 11}]
    assert granted_start(devices=2, sensors=sensors, device_quota=50, message_quota=5000) == (2, 288)
    assert granted_start(devices=None, sensors=[], device_quota=50, message_quota=5000) == (50, 5000)
    assert (share(1, 3), share(1, 0), share(1, None)) == (33, None, None)
