"""The places of an application: points and areas with a name each, as they are typed, kept and read.

A place is ``{"name": str, "geometry": GeoJSON Point | Polygon | None}``; longitude before latitude, in
degrees with five decimals (about a metre). ``None``: a place that is only named. What was typed as
coordinates and cannot be read stays in ``"typed"`` (``{"latitude", "longitude"}`` or ``{"corners"}``)
and is asked again at the check.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.gis.geos import GEOSException, Polygon
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.text import clean_line, kept_line, kept_text

MAX_PLACES = 50
MAX_CORNERS = 200
NAME_LIMIT = 100
#: More rows than this are no longer kept, whatever sends them.
_MOST_ROWS = 500
_DECIMALS = 5
#: A generous box around Japan: south, north, west, east.
_JAPAN = (20.0, 46.0, 122.0, 154.5)
_DEGREES = re.compile(
    r"(?:北緯|東経|緯度|経度|lat(?:itude)?|lon(?:gitude)?|[NE])?\s*[:=]?\s*"
    r"(?P<degrees>[+-]?\d{1,3}(?:\.\d{1,20})?)\s*(?:[°度]\s*)?"
    r"(?:(?P<minutes>\d{1,2}(?:\.\d{1,20})?)\s*(?:[′'’分])\s*)?"
    r"(?:(?P<seconds>\d{1,2}(?:\.\d{1,20})?)\s*(?:″|\"|”|′′|''|秒)\s*)?[NE]?",
    re.IGNORECASE,
)
Place = Mapping[str, Any]
#: latitude, longitude
Corner = tuple[float, float]


def degrees(typed: Any) -> float | None:
    """A latitude or longitude as people write it: ``36.6953``, ``36°41′43″N``, ``北緯36度41分``."""
    text = unicodedata.normalize("NFKC", str(typed if typed is not None else ""))[:60].strip()
    found = _DEGREES.fullmatch(text.replace("\u2212", "-"))
    if found is None:
        return None
    minutes, seconds = (float(found[name] or 0) for name in ("minutes", "seconds"))
    if minutes >= 60 or seconds >= 60:
        return None
    return float(found["degrees"]) + minutes / 60 + seconds / 3600


def corner(latitude: Any, longitude: Any) -> Corner | None:
    """Two numbers as a place in Japan; exchanged when they stand the wrong way round. None: no such place."""
    first, second = degrees(latitude), degrees(longitude)
    if first is None or second is None:
        return None
    for north, east in ((first, second), (second, first)):
        if _JAPAN[0] <= north <= _JAPAN[1] and _JAPAN[2] <= east <= _JAPAN[3]:
            return round(north, _DECIMALS), round(east, _DECIMALS)
    return None


def _pair(text: str) -> Corner | None:
    """``36.6953, 137.2113`` as a place in Japan."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("()[]").strip()
    parts = re.split(r"\s*[,、;/]\s*|\s+", plain)
    return corner(*parts) if len(parts) == 2 else None


def point_place(name: str, latitude: Any, longitude: Any) -> dict[str, Any]:
    """A row of the list as it is stored; both numbers may have been pasted into the first field."""
    kept = [kept_line(str(value if value is not None else "")) for value in (latitude, longitude)]
    row: dict[str, Any] = {"name": kept_line(name), "geometry": None}
    at = corner(*kept) or (_pair(kept[0]) if not kept[1].strip() else None)
    if at is not None:
        row["geometry"] = {"type": "Point", "coordinates": [at[1], at[0]]}
    elif any(value.strip() for value in kept):
        row["typed"] = {"latitude": kept[0][:200], "longitude": kept[1][:200]}
    return row


def area_place(name: str, corners: str) -> dict[str, Any]:
    """An area from its corners, one ``latitude, longitude`` in each line."""
    text = kept_text(corners)
    lines = [line for line in text.split("\n") if line.strip()]
    found = [_pair(line) for line in lines[: MAX_CORNERS * 4]]
    ring = _ring([at for at in found if at is not None])
    row: dict[str, Any] = {"name": kept_line(name), "geometry": None}
    if ring and None not in found:
        row["geometry"] = _polygon(ring)
    elif lines:
        row["typed"] = {"corners": text[:50_000]}
    return row


def _ring(corners: Sequence[Corner]) -> list[Corner]:
    """The corners without repeated neighbours, the first one again at the end; empty when too few."""
    open_ring = [at for number, at in enumerate(corners) if number == 0 or at != corners[number - 1]]
    if len(open_ring) > 1 and open_ring[0] == open_ring[-1]:
        open_ring.pop()
    return [*open_ring, open_ring[0]] if len(set(open_ring)) >= 3 else []


def _polygon(ring: Sequence[Corner]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[[longitude, latitude] for latitude, longitude in ring]]}


def is_empty(row: Place) -> bool:
    return not str(row.get("name") or "").strip() and not row.get("geometry") and not row.get("typed")


def places_clean(value: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """``value`` as places that can be stored, and in words what cannot be handed in.

    Anything may be given; what is no place is left out. Empty rows are dropped.
    """
    rows = [_row(item) for item in value[:_MOST_ROWS]] if isinstance(value, list) else []
    places = [row for row in rows if not is_empty(row)]
    return places, places_problems(places)


def _row(item: Any) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        return {"name": "", "geometry": None}
    name = item.get("name")
    name = name if isinstance(name, str) else ""
    geometry, typed = item.get("geometry"), item.get("typed")
    if isinstance(geometry, Mapping):
        return _from_geometry(name, geometry)
    if isinstance(typed, Mapping) and "corners" in typed:
        return area_place(name, str(typed["corners"]))
    typed = typed if isinstance(typed, Mapping) else {}
    return point_place(name, typed.get("latitude"), typed.get("longitude"))


def _from_geometry(name: str, geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The place of a GeoJSON geometry from elsewhere, by way of the words a person would type."""
    try:
        if geometry.get("type") == "Polygon":
            lines = [f"{float(latitude)!r}, {float(longitude)!r}" for longitude, latitude in _outer(geometry)]
            return area_place(name, "\n".join(lines))
        if geometry.get("type") == "Point":
            longitude, latitude = geometry["coordinates"][:2]
            return point_place(name, repr(float(latitude)), repr(float(longitude)))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        pass
    return {"name": kept_line(name), "geometry": None}


def _outer(geometry: Mapping[str, Any]) -> list[Any]:
    return [pair[:2] for pair in geometry["coordinates"][0]]


def corners_of(geometry: Any) -> list[Corner]:
    """The place of a point, or the corners of an area (each once), as latitude and longitude."""
    if not isinstance(geometry, Mapping):
        return []
    if geometry.get("type") == "Point":
        longitude, latitude = geometry["coordinates"][:2]
        return [(latitude, longitude)]
    return [(latitude, longitude) for longitude, latitude in _outer(geometry)][:-1]


def centroid(geometry: Any) -> Corner | None:
    """Where a place is when one point must do: the point itself, the middle of an area."""
    corners = corners_of(geometry)
    if len(corners) < 2:
        return corners[0] if corners else None
    try:
        longitude, latitude = Polygon(_outer(geometry)).centroid.coords
    except (GEOSException, ValueError, TypeError):
        return None
    return round(latitude, _DECIMALS), round(longitude, _DECIMALS)


def places_problems(places: Sequence[Place], *, undecided: bool = True) -> list[str]:
    """What must be mended before the application is handed in."""
    if not places:
        return [] if undecided else [_("Add a place, or tick “not decided yet”.")]
    found = []
    if len(places) > MAX_PLACES:
        found.append(_("Please name %(most)d places at most.") % {"most": MAX_PLACES})
    for number, row in enumerate(places, start=1):
        if text := _row_problem(row):
            found.append(_("Place %(number)d: %(text)s") % {"number": number, "text": text})
    return found


def _row_problem(row: Place) -> str:
    typed, geometry = row.get("typed") or {}, row.get("geometry")
    if len(str(row.get("name") or "")) > NAME_LIMIT:
        return _("please shorten the name to %(limit)d characters.") % {"limit": NAME_LIMIT}
    if "corners" in typed:
        return _("write three corners or more in Japan, one “latitude, longitude” in each line.")
    if typed:
        return _point_problem(typed)
    if not geometry or geometry["type"] == "Point":
        return ""
    return _area_problem(geometry)


def _point_problem(typed: Mapping[str, Any]) -> str:
    numbers = [degrees(typed.get(name)) for name in ("latitude", "longitude")]
    if None in numbers:
        return _("write latitude and longitude as numbers, like 36.69531 and 137.21134, or leave both empty.")
    return _("this point is not in Japan. Please look at the two numbers again.")


def _area_problem(geometry: Mapping[str, Any]) -> str:
    if len(_outer(geometry)) - 1 > MAX_CORNERS:
        return _("please draw the area with %(most)d corners at most.") % {"most": MAX_CORNERS}
    try:
        valid = Polygon(_outer(geometry)).valid
    except (GEOSException, ValueError, TypeError):
        valid = False
    return "" if valid else _("the outline crosses itself. Please move its corners.")


def place_words(row: Place) -> str:
    """``婦中町の用水路（緯度36.65480、経度137.15020）``"""
    name = clean_line(str(row.get("name") or "")) or _("A place without a name")
    where = where_words(row)
    return _("%(name)s (%(where)s)") % {"name": name, "where": where} if where else name


def where_words(row: Place) -> str:
    """Where a place is, without its name; empty when it is only named."""
    corners = corners_of(row.get("geometry"))
    if len(corners) == 1:
        values = {"latitude": corners[0][0], "longitude": corners[0][1]}
        return _("latitude %(latitude).5f, longitude %(longitude).5f") % values
    if corners:
        text = ngettext("area with %(corners)d corner", "area with %(corners)d corners", len(corners))
        return text % {"corners": len(corners)}
    typed = row.get("typed") or {}
    texts = (clean_line(str(typed.get(name) or ""))[:200] for name in ("latitude", "longitude", "corners"))
    return " ".join(text for text in texts if text)


def places_words(places: Sequence[Place]) -> str:
    """One line for each place, with the number that it has on the map."""
    return "\n".join(f"{number}. {place_words(row)}" for number, row in enumerate(places, start=1))
