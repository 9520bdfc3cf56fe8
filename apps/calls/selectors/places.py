"""The places of an application as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.calls.rules.places import Place, corners_of, place_words, where_words


@dataclass(frozen=True)
class PlaceShown:
    """A place in the list; ``number`` is that on the map."""

    number: int
    name: str
    where: str


def places_shown(places: Sequence[Place]) -> list[PlaceShown]:
    """The list, in the order of the map's numbers."""
    return [
        PlaceShown(number, str(row.get("name") or _("A place without a name")), where_words(row))
        for number, row in enumerate(places, start=1)
    ]


def places_drawn(places: Sequence[Place]) -> list[dict[str, Any]]:
    """What the map draws: ``[{"number", "label", "area", "corners": [[latitude, longitude]]}]``."""
    return [
        {
            "number": number,
            "label": f"{number} {place_words(row)}",
            "area": len(corners) > 1,
            "corners": corners,
        }
        for number, row in enumerate(places, start=1)
        if (corners := corners_of(row.get("geometry")))
    ]
