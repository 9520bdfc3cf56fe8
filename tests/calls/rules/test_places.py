from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from apps.calls.rules.places import (
    MAX_CORNERS,
    MAX_PLACES,
    area_place,
    centroid,
    degrees,
    place_words,
    places_clean,
    places_problems,
    places_words,
    point_place,
)

SQUARE = "36.69, 137.21\n36.70, 137.21\n36.70, 137.22\n36.69, 137.22"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("36.69531", 36.69531),
        ("３６．６９５３１", 36.69531),
        (" 36.69531° ", 36.69531),
        ("北緯36.69531", 36.69531),
        ("N36.5", 36.5),
        ("36°41′43.1″N", 36 + 41 / 60 + 43.1 / 3600),
        ("36度41分43秒", 36 + 41 / 60 + 43 / 3600),
        ("東経137度12分", 137.2),
        ("137", 137.0),
    ],
)
def test_degrees_are_read_as_people_write_them(typed: str, value: float) -> None:
    assert degrees(typed) == pytest.approx(value)


@pytest.mark.parametrize(
    "typed", ["", None, "here", "36.7.1", "36度61分", "1e5", "nan", "infinity", "9" * 100, [], {}]
)
def test_what_is_no_number_is_none(typed: Any) -> None:
    assert degrees(typed) is None


def test_a_point_is_kept_with_five_decimals_longitude_first() -> None:
    row = point_place("用水路", "36.6531249", "137.1462111")
    assert row == {"name": "用水路", "geometry": {"type": "Point", "coordinates": [137.14621, 36.65312]}}


def test_numbers_the_wrong_way_round_are_exchanged() -> None:
    assert point_place("", "137.21", "36.69") == point_place("", "36.69", "137.21")


def test_a_pair_may_be_pasted_into_the_first_field() -> None:
    for pasted in ("36.69, 137.21", "36.69，137.21", "(36.69 137.21)", "36.69、137.21"):
        assert point_place("", pasted, "")["geometry"]["coordinates"] == [137.21, 36.69]


def test_what_cannot_be_read_stays_as_typed_and_is_asked_again() -> None:
    row = point_place("橋", "みぎ", "137.2")
    assert row == {"name": "橋", "geometry": None, "typed": {"latitude": "みぎ", "longitude": "137.2"}}
    assert places_clean([row])[0] == [row]
    [problem] = places_problems([row])
    assert "latitude and longitude" in problem


def test_a_point_outside_japan_is_refused_in_words() -> None:
    row = point_place("Paris", "48.85", "2.35")
    assert row["geometry"] is None
    assert "not in Japan" in places_problems([row])[0]


def test_a_place_that_is_only_named_is_enough() -> None:
    row = point_place("婦中町の用水路", "", "")
    assert places_problems([row], undecided=False) == []
    assert place_words(row) == "婦中町の用水路"


def test_empty_rows_are_dropped_and_nothing_at_all_is_asked() -> None:
    assert places_clean([point_place(" ", "", ""), area_place("", " \n ")]) == ([], [])
    assert places_problems([], undecided=True) == []
    assert places_problems([], undecided=False)


def test_an_area_is_closed_and_says_its_corners() -> None:
    row = area_place("公園", SQUARE)
    ring = row["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] == [137.21, 36.69]
    assert len(ring) == 5
    assert area_place("公園", f"{SQUARE}\n36.69, 137.21") == row
    assert places_problems([row]) == []
    with translation.override("ja"):
        assert place_words(row) == "公園（角が4つの範囲）"
    assert centroid(row["geometry"]) == (36.695, 137.215)


@pytest.mark.parametrize(
    "corners", ["36.69, 137.21", "36.69, 137.21\n36.70, 137.21", f"{SQUARE}\nhere", "36.7,137.2\n" * 5]
)
def test_an_area_that_is_none_stays_as_typed(corners: str) -> None:
    row = area_place("公園", corners)
    assert row["geometry"] is None
    assert row["typed"] == {"corners": corners}
    assert "three corners" in places_problems([row])[0]


def test_an_outline_that_crosses_itself_is_refused_at_the_check_only() -> None:
    row = area_place("蝶", "36.69, 137.21\n36.70, 137.22\n36.70, 137.21\n36.69, 137.22")
    assert row["geometry"]["type"] == "Polygon"
    assert "crosses itself" in places_problems([row])[0]


def test_limits_are_said_in_words() -> None:
    many = area_place(
        "", "\n".join(f"{36 + n / 1000:.3f}, {137 + (n % 7) / 100:.2f}" for n in range(MAX_CORNERS + 1))
    )
    assert str(MAX_CORNERS) in places_problems([many])[0]
    rows = [point_place(f"p{n}", "36.7", "137.2") for n in range(MAX_PLACES + 1)]
    assert str(MAX_PLACES) in places_problems(rows)[0]
    assert "100" in places_problems([point_place("長" * 101, "", "")])[0]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "x",
        {},
        [None, 1, "x", []],
        [{"name": None, "geometry": {"type": "LineString", "coordinates": [[1, 2]]}}],
        [{"geometry": {"type": "Point", "coordinates": []}}],
        [{"geometry": {"type": "Point", "coordinates": ["a", {}]}}],
        [{"geometry": {"type": "Polygon", "coordinates": [[]]}}],
        [{"geometry": {"type": "Polygon", "coordinates": 7}}],
        [{"geometry": {"type": "Polygon", "coordinates": [[[1]]]}}],
    ],
)
def test_anything_may_be_given(value: Any) -> None:
    assert places_clean(value) == ([], [])


def test_what_was_cleaned_stays_as_it_is() -> None:
    rows = [point_place("a", "36.7", "137.2"), area_place("b", SQUARE), point_place("c", "x", "")]
    once, _problems = places_clean(rows)
    assert places_clean(once)[0] == once == rows


def test_geojson_from_elsewhere_is_rounded_and_kept_in_japan() -> None:
    inside = {"name": "x", "geometry": {"type": "Point", "coordinates": [137.2111111, 36.7]}}
    outside = {"name": "y", "geometry": {"type": "Point", "coordinates": [0, 0]}}
    places, problems = places_clean([inside, outside])
    assert places[0]["geometry"]["coordinates"] == [137.21111, 36.7]
    assert places[1]["geometry"] is None
    assert len(problems) == 1


def test_the_numbers_in_words_are_those_of_the_map() -> None:
    text = places_words([point_place("上", "36.7", "137.2"), area_place("", SQUARE)])
    assert text.splitlines()[0].startswith("1. 上")
    assert text.splitlines()[1].startswith("2. ")
