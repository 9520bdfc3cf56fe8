"""Middleware of every request: its id, security headers, the cache of public pages, refusals in words."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]
import structlog
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation.trans_real import parse_accept_lang_header

from apps.core import public_pages
from apps.core.errors import DomainError

logger = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
_API = "/api/"


class RequestIdMiddleware:
    """Give each request an id (or keep a proxy's), put it in the logs and in ``X-Request-Id``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            self._log(request, response, time.perf_counter() - began)
        structlog.contextvars.unbind_contextvars("api_key")  # bound where a key is read
        response["X-Request-Id"] = request_id
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        """One line a request. The route, not the address: addresses of invitations hold secrets."""
        match = request.resolver_match
        logger.info(
            "request",
            method=request.method,
            route=match.route if match else None,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )


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
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=()")
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        return response


_KEPT_HEADERS = ("Content-Type", "Content-Language", "Last-Modified", "Link")


class PublicPageCacheMiddleware:
    """Answer public pages from the cache to visitors without a session, before session and locale run.

    Only answers to GET marked by ``public_pages.public_page`` are kept; they set no cookie. Each has
    an ETag. A change of public data (``public_pages.changed``) makes all kept pages old at once.
    The language is in the address; part answers for htmx are kept apart from whole pages.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(_API):  # never kept here: asking would be a third of a call's way
            return self.get_response(request)
        if request.method not in ("GET", "HEAD") or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return self._private(self.get_response(request))
        key = self._key(request)
        kept = caches["pages"].get(key)
        if kept is None:
            response = self.get_response(request)
            if request.method != "GET" or not self._may_be_kept(response):
                return response
            etag = '"' + hashlib.sha256(response.content).hexdigest()[:32] + '"'
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            kept = (response.content, headers, etag)
            self._keep(key, kept, public_pages.seconds_to_keep(response))
        return self._answer(request, kept)

    def _keep(self, key: str, kept: tuple[bytes, dict[str, str], str], seconds: float | None) -> None:
        """For a minute at most, and not beyond the moment at which the page reads otherwise."""
        cache = caches["pages"]
        usual = cache.default_timeout or 0
        timeout = usual if seconds is None else min(usual, int(seconds))
        if timeout >= 1:
            cache.set(key, kept, timeout)

    def _may_be_kept(self, response: HttpResponse) -> bool:
        return (
            getattr(response, "public_page", False)
            and response.status_code == 200
            and not response.cookies
            and not response.streaming
        )

    def _answer(self, request: HttpRequest, kept: tuple[bytes, dict[str, str], str]) -> HttpResponse:
        content, headers, etag = kept
        # A proxy that compresses makes the tag weak (W/"…"); the page is the same.
        known = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
        response: HttpResponse
        if etag in known or "*" in known:
            response = HttpResponseNotModified()
        else:
            response = HttpResponse(content, headers=headers)
        response["ETag"] = etag
        response["Cache-Control"] = "public, max-age=0, s-maxage=30, must-revalidate"
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    def _private(self, response: HttpResponse) -> HttpResponse:
        if getattr(response, "public_page", False):
            response["Cache-Control"] = "private, no-cache"
        return response

    def _key(self, request: HttpRequest) -> str:
        place = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
        part = request.headers.get("HX-Request", "")
        address = f"{public_pages.generation()}|{part}|{place}"
        return hashlib.sha256(address.encode()).hexdigest()


def page_above(path: str) -> str:
    """The nearest address above ``path`` at which something stands; empty: none."""
    while path := path.rstrip("/").rpartition("/")[0]:
        with suppress(Resolver404):
            resolve(f"{path}/")
            return f"{path}/"
    return ""


class DomainErrorMiddleware:
    """A refusal that no view caught becomes a page with its status and its words.

    So does the address of a button that somebody reloads, or comes back to after signing in: it takes only
    what a form sends, and has no words of its own for those who look.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method not in ("GET", "HEAD") or response.content:
            return response
        if request.path_info.startswith(_API) or "HX-Request" in request.headers:
            return response
        response.content = render(request, "405.html", {"above": page_above(request.path_info)}).content
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        template = "404.html" if exception.status == 404 else "refused.html"
        context: dict[str, Any] = {"error": exception}
        return render(request, template, context, status=exception.status)


def asked_language(request: HttpRequest) -> str:
    """The first language of ``Accept-Language`` that we have; Japanese else."""
    known = dict(settings.LANGUAGES)
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
    found = (code for name, _rank in wanted if (code := name.partition("-")[0]) in known)
    return next(found, settings.LANGUAGE_CODE)


class ApiLanguageMiddleware:
    """The API has no language in its address: its words are in the language of ``Accept-Language``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_API):
            return self.get_response(request)
        language = asked_language(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language", "Authorization"])
        return response


class ApiConditionalMiddleware(ConditionalGetMiddleware):
    """ETag and ``If-None-Match`` for every GET of the API; the rate of the client stays told in a 304."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path_info.startswith(_API) or response.status_code != 200:
            return response
        response.headers.setdefault("Cache-Control", "private, no-cache")
        answer = super().process_response(request, response)
        if answer is not response:
            for name in response.headers:
                if name.startswith(("RateLimit", "Content-Language")):
                    answer[name] = response[name]
        return answer


class ApiCompressionMiddleware(GZipMiddleware):
    """JSON of the API by brotli or gzip.

    An answer never holds a secret beside what a stranger chose (keys come in a header and go out once, in
    the workspace), so its length tells nothing (BREACH). Files that are sent in parts stay as they are.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "")
        if (
            not isinstance(response, HttpResponse)
            or not request.path_info.startswith(_API)
            or "json" not in kind
        ):
            return response
        if len(response.content) < 200 or response.has_header("Content-Encoding"):
            return response
        if not re.search(r"\bbr\b", request.headers.get("Accept-Encoding", "")):
            return super().process_response(request, response)
        patch_vary_headers(response, ["Accept-Encoding"])
        response.content = brotli.compress(response.content, quality=4)
        response["Content-Length"] = str(len(response.content))
        response["Content-Encoding"] = "br"
        if response.get("ETag", "").startswith('"'):
            response["ETag"] = "W/" + response["ETag"]
        return response
