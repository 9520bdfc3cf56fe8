"""What was heard where, as everyone may see it: 250 m squares, and 1 km squares for the others.

A square that fewer than ``rules.ENOUGH`` uplinks came from is not told. What trials show only to about
1 km, or not at all, never stands in a 250 m square; the latter in none.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Max, Min, Q, Sum
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.components.states import REACH
from apps.core.mesh import (
    LATITUDE_STEP,
    LONGITUDE_STEP,
    mesh_centre,
    mesh_code,
    mesh_corner,
    mesh_text,
    quarter_beside,
    quarter_centre,
    quarter_corner,
    quarter_text,
)
from apps.core.registry import NamedPlace
from apps.network.enums import GatewayState, Shown
from apps.network.models import CoverageCell, Gateway
from apps.network.rules import ENOUGH, reach_of

#: Directions from the square asked for: squares north, squares east.
AROUND = {
    "n": (1, 0),
    "ne": (1, 1),
    "e": (0, 1),
    "se": (-1, 1),
    "s": (-1, 0),
    "sw": (-1, -1),
    "w": (0, -1),
    "nw": (1, -1),
}
#: Squares that a map shows to each side of the one asked for.
MAP_SQUARES = 10
MOST_PLACES = 30


@dataclass(frozen=True)
class Square:
    """A square of 250 m (``mesh`` of 10 digits) or 1 km (8). Nothing heard: ``observations`` is 0.

    RSSI in dBm, SNR in dB; days in Japan.
    """

    mesh: str
    observations: int = 0
    best_rssi: int | None = None
    best_snr: float | None = None
    gateways: int = 0
    first_on: date | None = None
    last_on: date | None = None

    @property
    def size(self) -> int:
        """Side in metres, about."""
        return 250 if len(self.mesh) == 10 else 1000

    @property
    def text(self) -> str:
        return quarter_text(self.mesh) if self.size == 250 else mesh_text(self.mesh)

    @property
    def reach(self) -> str:
        return reach_of(observations=self.observations, best_rssi=self.best_rssi)

    @property
    def corner(self) -> tuple[float, float]:
        """Latitude and longitude, south-west."""
        return quarter_corner(self.mesh) if self.size == 250 else mesh_corner(self.mesh)

    @property
    def centre(self) -> tuple[float, float]:
        return quarter_centre(self.mesh) if self.size == 250 else mesh_centre(self.mesh)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north, east."""
        south, west = self.corner
        part = 4 if self.size == 250 else 1
        return south, west, south + LATITUDE_STEP / part, west + LONGITUDE_STEP / part


def _day(moment: datetime | None) -> date | None:
    return clock.local_date(moment) if moment else None


def _summed(rows: Iterable[CoverageCell], mesh: str) -> Square:
    """The square ``mesh`` of ``rows``; as nothing heard when they are too few."""
    found = list(rows)
    number = sum(row.observations for row in found)
    if number < ENOUGH:
        return Square(mesh)
    return Square(
        mesh=mesh,
        observations=number,
        best_rssi=max((row.best_rssi for row in found if row.best_rssi is not None), default=None),
        best_snr=max((row.best_snr for row in found if row.best_snr is not None), default=None),
        gateways=max(row.gateways for row in found),
        first_on=_day(min(row.first_at for row in found)),
        last_on=_day(max(row.last_at for row in found)),
    )


def beside(mesh: str, north: int, east: int) -> str:
    """The square of the same size so many squares away; empty at the edge of the grid."""
    try:
        if len(mesh) == 10:
            return quarter_beside(mesh, north, east)
        return quarter_beside(f"{mesh}11", north * 4, east * 4)[:8]
    except ValueError:
        return ""


@dataclass(frozen=True)
class Answer:
    """What is known of a place. ``wide`` is the 1 km square around a 250 m one, else None.

    ``around`` are its eight neighbours by direction, ``heard`` all squares of the same size with
    observations that a map shows, ``near`` the nearest of them with its way in metres.
    """

    square: Square
    wide: Square | None
    around: dict[str, Square]
    heard: list[Square]
    near: tuple[Square, int] | None

    @property
    def best(self) -> Square:
        """The square to speak of: the one asked for, else the 1 km around it."""
        return self.wide if self.wide and not self.square.observations else self.square


def coverage_answer(mesh: str) -> Answer:
    """What was heard from the square ``mesh`` (8 or 10 digits, checked) and around it. Two queries."""
    reach = range(-MAP_SQUARES, MAP_SQUARES + 1)
    window = {(n, e): beside(mesh, n, e) for n in reach for e in reach}
    squares = _squares([code for code in window.values() if code])
    heard = [square for square in squares.values() if square.observations]
    wide = None
    if len(mesh) == 10:
        wide = _squares([mesh[:8]])[mesh[:8]]
    around = {name: squares[code] for name, step in AROUND.items() if (code := window[step])}
    others = [square for square in heard if square.mesh != mesh]
    near = min(((square, metres(mesh, square)) for square in others), key=lambda pair: pair[1], default=None)
    return Answer(squares[mesh], wide, around, heard, near)


def metres(mesh: str, square: Square) -> int:
    """From the middle of ``mesh`` to that of ``square``, to 50 m."""
    one, other = Square(mesh).centre, square.centre
    north, east = (one[0] - other[0]) * 111_000, (one[1] - other[1]) * 89_000
    return round(math.hypot(north, east) / 50) * 50


def _squares(codes: Collection[str]) -> dict[str, Square]:
    """``codes`` (all of 8, or all of 10 digits) as the public sees them; one query."""
    size = len(next(iter(codes), ""))
    shown = [Shown.SQUARE] if size == 10 else [Shown.SQUARE, Shown.DISTRICT]
    rows = CoverageCell.objects.filter(shown__in=shown).annotate(key=Left("mesh", size))
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows.filter(key__in=codes).order_by():
        groups[row.key].append(row)
    return {code: _summed(groups.get(code, ()), code) for code in codes}


def public_squares(*, size: int | None = None, within: str = "") -> Iterator[Square]:
    """All squares with enough observations by mesh, 1 km before 250 m; ``within``: their first digits.

    A part of a 1 km square is never summed: what only the whole may tell would show.
    """
    for digits, shown in ((8, [Shown.SQUARE, Shown.DISTRICT]), (10, [Shown.SQUARE])):
        if len(within) > digits or size not in (None, 1000 if digits == 8 else 250):
            continue
        rows = CoverageCell.objects.filter(shown__in=shown, mesh__startswith=within)
        for row in grouped(rows, digits):
            yield Square(**row)


def grouped(rows: Any, digits: int) -> Iterator[dict[str, Any]]:
    """``rows`` summed by the first ``digits`` of their mesh, where they are enough."""
    sums = (
        rows.annotate(key=Left("mesh", digits))
        .order_by("key")
        .values("key")
        .annotate(
            number=Sum("observations"),
            rssi=Max("best_rssi"),
            snr=Max("best_snr"),
            most=Max("gateways"),
            first=Min("first_at"),
            last=Max("last_at"),
        )
        .filter(number__gte=ENOUGH)
    )
    for row in sums.iterator(chunk_size=2000):
        yield {
            "mesh": row["key"],
            "observations": row["number"],
            "best_rssi": row["rssi"],
            "best_snr": row["snr"],
            "gateways": row["most"],
            "first_on": _day(row["first"]),
            "last_on": _day(row["last"]),
        }


def square_drawn(square: Square, chosen: Square | None) -> dict[str, Any]:
    """What the map needs of ``square``."""
    south, west, north, east = (round(value, 6) for value in square.bounds)
    return {
        "south": south,
        "west": west,
        "north": north,
        "east": east,
        "reach": square.reach,
        "chosen": square is chosen,
        "title": f"{square.text} {REACH[square.reach].word}",
    }


@dataclass(frozen=True)
class ShownGateway:
    """A gateway on the public map. Without a name its place is the middle of its 1 km square."""

    name: str
    latitude: float
    longitude: float


def public_gateways() -> list[ShownGateway]:
    """Gateways in use as everyone may see them; those in one square that have no name are one."""
    rows = Gateway.objects.filter(state=GatewayState.IN_USE, place__isnull=False).order_by("name")
    shown = {_shown_gateway(gateway) for gateway in rows}
    return sorted((one for one in shown if one), key=lambda one: (not one.name, one.name, one.latitude))


def _shown_gateway(gateway: Gateway) -> ShownGateway | None:
    point: Point | None = gateway.place
    if point is None:
        return None
    if gateway.is_public:
        return ShownGateway(gateway.place_name or gateway.name, round(point.y, 6), round(point.x, 6))
    try:
        latitude, longitude = mesh_centre(mesh_code(point.y, point.x))
    except ValueError:
        return None
    return ShownGateway("", round(latitude, 6), round(longitude, 6))


def gateways_named(words: str) -> Iterator[NamedPlace]:
    """Gateways that the city shows to everyone, by the names of their places; one query."""
    named = Q(place_name__icontains=words) | Q(name__icontains=words)
    rows = Gateway.objects.filter(
        named, is_public=True, state=GatewayState.IN_USE, place__isnull=False
    ).order_by("name")
    for gateway in rows[:MOST_PLACES]:
        point: Any = gateway.place
        yield NamedPlace(gateway.place_name or gateway.name, point.y, point.x, True, _("antenna of the city"))
