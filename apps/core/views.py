"""What machines ask: is the process alive, can it serve, what colour is the city."""

from __future__ import annotations

from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.core.colour import darker
from apps.core.registry import readiness
from apps.core.site import site_settings


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL answers. Redis and others are reported: pages work without them."""
    states: dict[str, str] = {}
    for name, check in {"database": _database, "redis": _redis, **readiness()}.items():
        try:
            check()
            states[name] = "ok"
        except Exception as error:  # noqa: BLE001, RUF100 -- any failure is the answer
            states[name] = type(error).__name__
    return JsonResponse(states, status=200 if states["database"] == "ok" else 503)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    caches["redis"].get("readyz")


@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """The city's key colour as CSS variables, over those of the design."""
    colour = site_settings().key_colour
    css = f":root{{--key:{colour};--key-pressed:{darker(colour, 0.25)}}}" if colour else ""
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def site_logo(request: HttpRequest) -> HttpResponse:
    """The city's own logo; 404 when none was uploaded."""
    logo = site_settings().logo
    if not logo:
        return HttpResponse(status=404)
    with logo.open("rb") as file:
        response = HttpResponse(file.read(), content_type=_LOGO_TYPES[logo.name.rsplit(".", 1)[-1].lower()])
    response["Cache-Control"] = "public, max-age=300"
    return response


_LOGO_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
