from __future__ import annotations

import pytest

from apps.core.mesh import (
    mesh_centre,
    mesh_code,
    mesh_corner,
    mesh_text,
    quarter_beside,
    quarter_centre,
    quarter_code,
    quarter_corner,
    quarter_text,
)


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


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (35.658581, 139.745433, "5339359921"),  # Tokyo tower
        (36.7012, 137.2137, "5537014711"),  # Toyama station
        (36.6548, 137.1502, "5437718231"),  # Hayahoshi
        (43.0687, 141.3508, "6441428811"),  # Sapporo station
        (26.2124, 127.6792, "3927255414"),  # Naha
        (36.666666666666664, 137.0, "5537000011"),  # exactly on the corner of a first mesh
    ],
)
def test_known_places_have_their_known_quarter_codes(latitude: float, longitude: float, code: str) -> None:
    assert quarter_code(latitude, longitude) == code
    assert quarter_code(*quarter_centre(code)) == quarter_code(*quarter_corner(code)) == code
    assert code.startswith(mesh_code(latitude, longitude))


def test_sixteen_quarters_fill_a_third_mesh() -> None:
    """Walking north and east from the south-west quarter meets each once, then the next square."""
    rows = [[quarter_beside("5537014711", north, east) for east in range(4)] for north in range(4)]
    assert rows[0] == ["5537014711", "5537014712", "5537014721", "5537014722"]
    assert rows[3] == ["5537014733", "5537014734", "5537014743", "5537014744"]
    assert len({code for row in rows for code in row}) == 16
    assert quarter_beside("5537014711", -1, -1) == "5537013644"
    assert quarter_beside("5537014711", 4, 4) == "5537015811"
    assert quarter_text("5537014711") == "5537-01-47-1-1"
    assert quarter_beside("5537007944", 0, 1)[:8] == "55370170"


@pytest.mark.parametrize("code", ["5537014715", "55370147", "553701471", "55370147１1", "5537814711", ""])
def test_what_is_no_quarter_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="-mesh code"):
        quarter_corner(code)


def test_the_grid_ends_somewhere() -> None:
    with pytest.raises(ValueError, match="edge"):
        quarter_beside("0000000011", -1, 0)
    with pytest.raises(ValueError, match="outside the grid"):
        quarter_code(36, 99)
