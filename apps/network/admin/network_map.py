"""The staff's map of the network: gateways with how they are heard, beside the same as a table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.components.states import GATEWAY
from apps.core.text import clean_line
from apps.network.selectors.coverage import Square, square_drawn
from apps.network.selectors.hearing import (
    MOST_SQUARES,
    ORDER,
    HeardGateway,
    all_squares,
    gateways_heard,
    squares_number,
)

PAGE_SIZE = 20


@require_safe
def network_map(request: HttpRequest) -> HttpResponse:
    """All gateways, or those of one state or with some words; squares with observations below them."""
    if not request.user.has_perm("network.view_gateway"):
        raise Http404
    words = clean_line(request.GET.get("q", "").replace("\0", ""))[:100]
    state = request.GET.get("state", "")
    state = state if state in GATEWAY else ""
    everything = gateways_heard(words=words)
    counts = {name: sum(1 for one in everything if one.state == name) for name in GATEWAY}
    rows = [one for one in everything if one.state == state] if state else everything
    squares = all_squares()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Map of the network"),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "total": len(everything),
        "words": words,
        "state": state,
        "filters": [(name, GATEWAY[name].word, counts[name]) for name in ORDER if counts[name]],
        "page_query": urlencode({name: text for name, text in (("q", words), ("state", state)) if text}),
        "squares": len(squares),
        "squares_total": squares_number() if len(squares) == MOST_SQUARES else len(squares),
        "map_data": _map(rows, squares),
    }
    return TemplateResponse(request, "admin/network/gateway/map.html", context)


def _map(rows: list[HeardGateway], squares: list[Square]) -> dict[str, Any]:
    markers = [
        {
            "lat": one.gateway.place.y,
            "lon": one.gateway.place.x,
            "number": one.number,
            "family": "gateway",
            "state": one.state,
            "title": one.name,
            "url": reverse("admin:network_gateway_change", args=[one.gateway.pk]),
        }
        for one in rows
        if one.gateway and one.gateway.place
    ]
    return {"markers": markers, "squares": [square_drawn(square, None) for square in squares]}
