from __future__ import annotations

from datetime import date

import pytest

from apps.core.mesh import mesh_centre, mesh_code
from apps.trials.rules import PublicPlace, days_left, public_place


def test_a_district_is_the_centre_of_its_square_whatever_the_point() -> None:
    places = {
        public_place(latitude=36.7012 + dy, longitude=137.2137 + dx, precision="district")
        for dx in (0, 0.0006, 0.0011)
        for dy in (0, 0.0007, 0.0061)
    }
    assert places == {PublicPlace(36.704167, 137.21875, "55370147")}
    assert mesh_code(36.704167, 137.21875) == "55370147"
    assert mesh_centre("55370147") == pytest.approx((36.704167, 137.21875), abs=1e-6)


def test_a_point_is_shown_as_it_is_and_a_hidden_place_not_at_all() -> None:
    assert public_place(latitude=36.7, longitude=137.2, precision="point") == PublicPlace(36.7, 137.2, "")
    assert public_place(latitude=36.7, longitude=137.2, precision="hidden") is None


def test_a_district_outside_japan_is_not_shown() -> None:
    assert public_place(latitude=-36.7, longitude=137.2, precision="district") is None


@pytest.mark.parametrize(
    ("today", "left"),
    [(date(2027, 1, 1), 31), (date(2027, 1, 31), 1), (date(2027, 2, 1), 0), (date(2026, 12, 1), 31)],
)
def test_days_left_count_today_and_begin_with_the_trial(today: date, left: int) -> None:
    assert days_left(starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 31), today=today) == left
