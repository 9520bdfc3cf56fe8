"""The places of an application as rows of a form: points by two numbers, areas by their corners."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from apps.calls.rules.places import Place, area_place, corners_of, is_empty, places_clean, point_place

_KEY = re.compile(r"-(\d{1,3})-(?:name|latitude|longitude|corners)")


class PlacesWidget(forms.Widget):
    """Inputs named ``<name>-<row>-<part>``: a row with ``corners`` is an area, else it is a point.

    One empty row of each kind stands at the end, so that places can be added without JavaScript.
    """

    template_name = "calls/_places_widget.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        held = data.get(name)
        if isinstance(held, list):  # the screen as it is stored, bound to show its faults
            return held
        found = (_KEY.fullmatch(key.removeprefix(name)) for key in data if key.startswith(f"{name}-"))
        numbers = sorted({int(match[1]) for match in found if match})
        rows = [_typed_row(data, f"{name}-{number}") for number in numbers]
        return [row for row in rows if not is_empty(row)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [_shown_row(row) for row in value or []]
        empty = {"name": "", "latitude": "", "longitude": ""}
        shown = [*rows, empty, {"name": "", "corners": "", "is_area": True}]
        context["rows"] = [
            {**row, "index": index, "number": index + 1, "is_new": index >= len(rows)}
            for index, row in enumerate(shown)
        ]
        context["filled"] = context["rows"][:-1]
        context["new_area"] = {**context["rows"][-1], "open": True}
        context["empty_point"] = {**empty, "is_new": True}
        context["empty_area"] = {"name": "", "corners": "", "is_area": True, "is_new": True}
        context["described_by"] = (attrs or {}).get("aria-describedby", "")
        return context

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return f"{id_}-0-name"


def _typed_row(data: Any, stem: str) -> dict[str, Any]:
    if data.get(f"{stem}-remove"):
        return {}
    name, corners = data.get(f"{stem}-name") or "", data.get(f"{stem}-corners")
    latitude, longitude = data.get(f"{stem}-latitude"), data.get(f"{stem}-longitude")
    # A browser that puts back an older list may send both kinds of one row: what is filled counts.
    if corners is not None and (corners.strip() or not (latitude or longitude)):
        return area_place(name, corners)
    return point_place(name, latitude, longitude)


def _shown_row(row: Place) -> dict[str, Any]:
    """A stored place as the texts of its inputs."""
    typed, corners = row.get("typed") or {}, corners_of(row.get("geometry"))
    name = row.get("name") or ""
    if "corners" in typed or len(corners) > 1:
        lines = "\n".join(f"{latitude:.5f}, {longitude:.5f}" for latitude, longitude in corners)
        text = typed.get("corners", lines)
        # Corners that cannot be read are shown at once, to be mended.
        return {"name": name, "corners": text, "is_area": True, "count": len(corners), "open": bool(typed)}
    if corners:
        latitude, longitude = (f"{number:.5f}" for number in corners[0])
        return {"name": name, "latitude": latitude, "longitude": longitude}
    shown = {part: typed.get(part) or "" for part in ("latitude", "longitude")}
    return {"name": name, **shown}


class PlacesField(forms.Field):
    """A list of places as ``rules.places`` makes them. What is no coordinate stays as typed."""

    widget = PlacesWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return places_clean(value)[0]
