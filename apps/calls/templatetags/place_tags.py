"""``{% load place_tags %}``: the places of an application, as a list and on a map."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from apps.calls.rules.places import Place
from apps.calls.selectors.places import places_drawn, places_shown

register = template.Library()


@register.inclusion_tag("calls/_places.html", takes_context=True)
def places_map(
    context: Context, places: list[Place], map_id: str = "places-read", listed: bool = True
) -> dict[str, Any]:
    """``{% places_map application.places %}``; nothing when there are none.

    ``listed=False``: the map alone, where its numbers stand in the page already.
    """
    shared = {name: context.get(name) for name in ("site", "map_tiles")}
    return {
        **shared,
        "places": places_shown(places) if listed else [],
        "drawn": places_drawn(places),
        "map_id": map_id,
        "data_id": f"{map_id}-data",
    }
