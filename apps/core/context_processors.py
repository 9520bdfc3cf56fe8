"""What every page knows: the city's settings, the navigation, whether this is the demo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from apps.core.registry import nav
from apps.core.site import site_settings


def site(request: HttpRequest) -> dict[str, Any]:
    """``site``, ``site_texts`` (localized), ``nav_items``, ``DEMO``, ``map_tiles``."""
    language = get_language() or "ja"
    row = site_settings()
    path = request.path_info.removeprefix("/en/").lstrip("/")
    return {
        "site": row,
        "site_texts": {
            name: row.localized(name, language)
            for name in ("site_name", "city_name", "network_name", "department", "contact_hours")
        },
        "nav_items": [
            {
                "label": item.label,
                "url": reverse(item.url_name),
                "current": path.startswith(item.prefix.lstrip("/")),
            }
            for item in nav()
        ],
        "DEMO": settings.DEMO,
        "map_tiles": {"url": settings.MAP_TILES_URL, "attribution": settings.MAP_TILES_ATTRIBUTION},
    }
