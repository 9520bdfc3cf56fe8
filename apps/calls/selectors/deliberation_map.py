"""The places of the applications that the deliberation lists, for a list and a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.calls.enums import ApplicationState
from apps.calls.models import Call
from apps.calls.rules.places import corners_of, place_words
from apps.calls.selectors.deliberation import Row, applications_of


def places_of(call: Call, rows: Sequence[Row]) -> dict[str, Any]:
    """``listed``: [(number, row, [names])] in the order of ``rows``; ``without``: rows that name no place;
    ``map_data``: a marker at each place (the middle of an area), with the number of its row. One query."""
    kept = dict(applications_of(call).order_by().values_list("pk", "places"))
    listed: list[tuple[int, Row, list[str]]] = []
    without: list[Row] = []
    markers: list[dict[str, Any]] = []
    for row in rows:
        places = kept.get(row.pk) or []
        if not places:
            without.append(row)
            continue
        number = len(listed) + 1
        listed.append((number, row, [place_words(place) for place in places]))
        for place in places:
            corners = corners_of(place.get("geometry"))
            if corners:
                markers.append(_marker(number, row, corners))
    return {"listed": listed, "without": without, "map_data": {"markers": markers}}


def _marker(number: int, row: Row, corners: Sequence[Sequence[float]]) -> dict[str, Any]:
    lats, lons = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return {
        "lat": sum(lats) / len(lats),
        "lon": sum(lons) / len(lons),
        "number": number,
        "family": "application",
        "state": _STATE.get(row.outcome, ApplicationState.SUBMITTED.value),
        "title": f"{row.code} {row.title}",
        "url": f"#a-{row.code}",
    }


#: A quiet decision has the mark of what it would become.
_STATE = {
    "adopt": ApplicationState.ADOPTED.value,
    "conditions": ApplicationState.ADOPTED.value,
    "waitlist": ApplicationState.WAITLISTED.value,
    "decline": ApplicationState.DECLINED.value,
}
