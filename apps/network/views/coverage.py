"""“Can I try it here?”: what was heard of a place, for everyone, by name, code, numbers or map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from apps.core import csv_file
from apps.core.public_pages import public_page
from apps.core.registry import named_places
from apps.network.forms.coverage import MOST, PlaceForm, square_of
from apps.network.rules import ENOUGH
from apps.network.selectors.coverage import (
    Answer,
    Square,
    coverage_answer,
    public_gateways,
    public_squares,
    square_drawn,
)

PAGE_SIZE = 20
DIRECTIONS = {
    "n": pgettext_lazy("direction", "north"),
    "ne": pgettext_lazy("direction", "north-east"),
    "e": pgettext_lazy("direction", "east"),
    "se": pgettext_lazy("direction", "south-east"),
    "s": pgettext_lazy("direction", "south"),
    "sw": pgettext_lazy("direction", "south-west"),
    "w": pgettext_lazy("direction", "west"),
    "nw": pgettext_lazy("direction", "north-west"),
}


@require_safe
@public_page
def coverage(request: HttpRequest) -> HttpResponse:
    """The question and its answer; without a question all 1 km squares that were heard from."""
    form = PlaceForm(request.GET if set(request.GET) & {"q", "latitude", "longitude"} else None)
    square = form.square if form.is_valid() else ""
    context: dict[str, Any] = {"form": form, "enough": ENOUGH, "offered": _links(form)}
    if square:
        context |= _answered(coverage_answer(square), form.name)
    else:
        squares = list(public_squares(size=1000))
        context["page"] = Paginator(squares, PAGE_SIZE).get_page(request.GET.get("page"))
        context["map_data"] = _map(squares, None)
    return render(request, "network/coverage.html", context)


def _links(form: PlaceForm) -> list[tuple[str, Any, str]]:
    """Places to choose from: those that the words mean, else some that the portal knows."""
    places = form.places or (() if form.square else named_places("")[:MOST])
    return [(place.name, place.about, square_of(place)) for place in places]


def _answered(answer: Answer, name: str) -> dict[str, Any]:
    shown = [square for square in answer.heard if square.mesh != answer.square.mesh]
    return {
        "answer": answer,
        "name": name,
        "around": [(DIRECTIONS[way], square) for way, square in answer.around.items()],
        "map_data": _map([*shown, answer.square], answer.square),
    }


def _map(squares: list[Square], chosen: Square | None) -> dict[str, Any]:
    antenna = str(_("Antenna of the city, shown to about 1 km"))
    data: dict[str, Any] = {
        "markers": [
            {
                "lat": one.latitude,
                "lon": one.longitude,
                "family": "antenna",
                "state": "exact" if one.name else "about",
                "title": one.name or antenna,
            }
            for one in public_gateways()
        ],
        "squares": [square_drawn(square, chosen) for square in squares],
    }
    if chosen:
        data |= {"center": chosen.centre, "zoom": 14 if chosen.size == 250 else 12}
    return data


COLUMNS = (
    "mesh", "size_m", "latitude", "longitude", "uplinks", "best_rssi_dbm", "best_snr_db",
    "gateways_at_once", "first_day", "last_day",
)  # fmt: skip


def _row(square: Square) -> tuple[Any, ...]:
    latitude, longitude = square.centre
    return (
        square.mesh, square.size, round(latitude, 6), round(longitude, 6), square.observations,
        square.best_rssi, square.best_snr, square.gateways,
        square.first_on and square.first_on.isoformat(), square.last_on and square.last_on.isoformat(),
    )  # fmt: skip


@require_safe
@public_page
def coverage_csv(request: HttpRequest) -> HttpResponse:
    """All squares with enough observations, of 1 km and of 250 m, as CSV."""
    rows: Iterator[tuple[Any, ...]] = map(_row, public_squares())
    response = HttpResponse("".join(csv_file.csv_lines([COLUMNS, *rows])), content_type=csv_file.CONTENT_TYPE)
    response["Content-Disposition"] = 'attachment; filename="coverage.csv"'
    return response


@require_safe
@public_page
def coverage_geojson(request: HttpRequest) -> HttpResponse:
    """The same as GeoJSON: a square each."""
    features = [_feature(square) for square in public_squares()]
    response = JsonResponse(
        {"type": "FeatureCollection", "features": features}, content_type="application/geo+json"
    )
    response["Content-Disposition"] = 'attachment; filename="coverage.geojson"'
    return response


def _feature(square: Square) -> dict[str, Any]:
    south, west, north, east = (round(value, 6) for value in square.bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": dict(zip(COLUMNS, _row(square), strict=True)),
    }
