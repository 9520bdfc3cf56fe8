"""Middleware of every request: its id, security headers, the cache of public pages, refusals in words."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from apps.core import public_pages
from apps.core.errors import DomainError

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Give each request an id (or keep a proxy's), put it in the logs and in ``X-Request-Id``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


def content_security_policy() -> str:
    """The one policy of every page, the admin included; configured tiles are the only outside source."""
    tiles = urlsplit(settings.MAP_TILES_URL)
    origin = f" {tiles.scheme}://{tiles.netloc}" if tiles.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: blob:{origin}; font-src 'self'; connect-src 'self'{origin}; "
        "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )


class SecurityHeadersMiddleware:
    """Content-Security-Policy and Permissions-Policy on every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = content_security_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = self.policy
        response["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()"
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        return response


class PublicPageCacheMiddleware:
    """Answer public pages from the cache to visitors without a session, before session and locale run.

    Only answers marked by ``public_pages.public_page`` are kept; they set no cookie. Each has an
    ETag. A change of public data (``public_pages.changed``) makes all kept pages old at once.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return self._private(self.get_response(request))
        key = self._key(request)
        kept = caches["pages"].get(key)
        if kept is None:
            response = self.get_response(request)
            if not getattr(response, "public_page", False) or response.status_code != 200 or response.cookies:
                return response
            content = response.content
            etag = '"' + hashlib.sha256(content).hexdigest()[:32] + '"'
            kept = (content, response["Content-Type"], etag)
            caches["pages"].set(key, kept, settings.CACHES["pages"]["TIMEOUT"])
        return self._answer(request, kept)

    def _answer(self, request: HttpRequest, kept: tuple[bytes, str, str]) -> HttpResponse:
        content, content_type, etag = kept
        response: HttpResponse
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            response = HttpResponseNotModified()
        else:
            response = HttpResponse(content, content_type=content_type)
        response["ETag"] = etag
        response["Cache-Control"] = "public, max-age=0, s-maxage=30, must-revalidate"
        patch_vary_headers(response, ["Cookie"])
        return response

    def _private(self, response: HttpResponse) -> HttpResponse:
        if getattr(response, "public_page", False):
            response["Cache-Control"] = "private, no-cache"
        return response

    def _key(self, request: HttpRequest) -> str:
        place = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
        address = f"{public_pages.generation()}|{place}"
        return hashlib.sha256(address.encode()).hexdigest()


class DomainErrorMiddleware:
    """A refusal that no view caught becomes a page with its status and its words."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        template = "404.html" if exception.status == 404 else "refused.html"
        context: dict[str, Any] = {"error": exception}
        return render(request, template, context, status=exception.status)
