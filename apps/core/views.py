"""What machines ask (is the process alive, can it serve, what colour is the city), and the error pages."""

from __future__ import annotations

import contextlib
import hmac
import re
from http import HTTPStatus

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from apps.core.colour import darker
from apps.core.registry import gauges, readiness
from apps.core.site import site_settings

_LOGO_TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
_PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


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
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' numbers, for the bearer of ``METRICS_TOKEN``; without one, for this machine only."""
    if not _may_read_metrics(request):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    # Prometheus' own gauges would be one for each process; these are of the whole portal, asked now.
    with contextlib.suppress(DatabaseError):
        answer.content += "".join(f"{name} {value:g}\n" for name, value in gauges().items()).encode()
    return answer


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    direct = not any(name in request.headers for name in _PROXY_HEADERS)
    return direct and request.META.get("REMOTE_ADDR", "") in ("127.0.0.1", "::1", "")


@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """The city's key colour as CSS variables, over those of the design."""
    colour = site_settings().key_colour
    css = ""
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        css = f":root{{--key:{colour};--key-pressed:{darker(colour, 0.25)}}}"
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=60"
    return response


@require_safe
def site_logo(request: HttpRequest) -> HttpResponse:
    """The city's own logo; 404 when none was uploaded or the file is gone."""
    logo = site_settings().logo
    content_type = _LOGO_TYPES.get(str(logo.name or "").rpartition(".")[2].lower())
    if content_type is None:
        raise Http404
    try:
        with logo.storage.open(str(logo.name), "rb") as file:
            response = HttpResponse(file.read(), content_type=content_type)
    except OSError:
        raise Http404 from None
    response["Cache-Control"] = "public, max-age=300"
    return response


def _problem(status: int) -> JsonResponse:
    """The API's refusal outside its views (no such address, a forged host): problem+json."""
    code = {400: "bad_request", 403: "permission_denied", 404: "not_found"}.get(status, "server_error")
    title = {404: _("Not found.")}.get(status, HTTPStatus(status).phrase)
    body = {
        "type": f"urn:machitry:problem:{code}",
        "title": title,
        "status": status,
        "detail": title,
        "code": code,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(400) if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(403) if _is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(404) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _problem(500) if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
