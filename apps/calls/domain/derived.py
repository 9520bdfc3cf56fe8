"""What follows from the answers and is kept beside them, so that lists can sort, show and find it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, Point

from apps.calls.models import Application
from apps.calls.rules.sensors import device_count
from apps.core.search import indexed

#: Names of the fields that ``derive`` writes.
DERIVED = ("device_count", "place_name", "place", "search_text", "search_terms")
_FOUND_BY = ("code", "title", "org_name", "org_kana", "corporate_number", "representative", "contact_name")
_FOUND_IN = ("contact_email", "need", "plan", "measure", "learning", "facility_name", "facility_owner")


def derive(row: Application) -> None:
    """Set ``DERIVED`` on ``row`` from its answers. Does not save."""
    row.device_count = device_count(row.sensors)
    row.place_name = "、".join(str(item.get("name", "")) for item in row.places if item.get("name"))[:2000]
    row.place = next((point for item in row.places if (point := _centre(item.get("geometry")))), None)
    texts = [str(getattr(row, name)) for name in (*_FOUND_BY, *_FOUND_IN)]
    sensors = [str(item.get("name", "")) for item in row.sensors]
    row.search_text, row.search_terms = indexed(*texts, row.place_name, *sensors)


def _centre(geometry: Any) -> Point | None:
    """The point of a GeoJSON point, the middle of an area; None for what is neither."""
    if not isinstance(geometry, dict):
        return None
    try:
        shape = GEOSGeometry(json.dumps(geometry), srid=4326)
        longitude, latitude = shape.centroid.coords
        return Point(longitude, latitude, srid=4326)
    except (GDALException, GEOSException, ValueError, TypeError):
        return None
