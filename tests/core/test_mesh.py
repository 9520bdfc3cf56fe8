from __future__ import annotations

import pytest

from apps.core.mesh import mesh_centre, mesh_code, mesh_corner, mesh_text


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (36.7012, 137.2137, "55370147"),  # Toyama station
        (35.681236, 139.767125, "53394611"),  # Tokyo station
        (34.702485, 135.495951, "52350349"),  # Osaka station
        (43.068661, 141.350755, "64414288"),  # Sapporo station
        (26.212401, 127.680932, "39272554"),  # Naha, prefectural office
        (36.666666666666664, 137.0, "55370000"),  # exactly on the corner of a first mesh
    ],
)
def test_known_places_have_their_known_codes(latitude: float, longitude: float, code: str) -> None:
    assert mesh_code(latitude, longitude) == code


def test_the_code_is_written_in_three_parts() -> None:
    assert mesh_text("55370147") == "5537-01-47"


def test_the_centre_lies_in_its_own_square() -> None:
    assert mesh_code(*mesh_centre("55370147")) == "55370147"
    assert mesh_centre("5537-01-47") == pytest.approx((36.704166667, 137.21875))


def test_every_corner_belongs_to_the_square_it_begins() -> None:
    codes = [f"5537{a}{b}{c}{d}" for a in range(8) for b in range(8) for c in range(10) for d in range(10)]
    assert [mesh_code(*mesh_corner(code)) for code in codes] == codes


@pytest.mark.parametrize("code", ["5537014", "5537018x", "55378147", "５５３７０１４７", ""])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="third-mesh"):
        mesh_centre(code)


@pytest.mark.parametrize(("latitude", "longitude"), [(-1, 137), (36, 99), (36, 181), (70, 140)])
def test_places_outside_the_grid_are_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="outside the grid"):
        mesh_code(latitude, longitude)
