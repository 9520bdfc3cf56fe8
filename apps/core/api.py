"""Bases of every API: problem+json (RFC 9457), scopes, cursor pages, throttles, a fast renderer."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import orjson
from django.core.cache import caches
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.http import Http404
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from rest_framework import exceptions, pagination, permissions, serializers, throttling
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.core.errors import DomainError, InvalidInput

if TYPE_CHECKING:
    from rest_framework.views import APIView

PROBLEM_JSON = "application/problem+json"


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson: dates in ISO 8601, UUIDs as text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


class OrjsonParser(BaseParser):
    """JSON by orjson: no NaN, no broken text, and deep nesting is refused, not an error of ours."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(_("This is not JSON: %(error)s") % {"error": error}) from None


class HasRequiredScopes(permissions.BasePermission):
    """A view declares ``required_scopes``; an empty tuple is public. Without the attribute nobody may."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        required = getattr(view, "required_scopes", None)
        if required is None:
            return False
        if not required:
            return True
        if request.auth is None:
            raise exceptions.NotAuthenticated
        auth: Any = request.auth
        return set(required) <= set(auth.scopes)


class CursorPagination(pagination.CursorPagination):
    """Pages by an opaque cursor; ``limit`` up to 500. A forged cursor is answered with 404, not 500."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = "-created_at"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError):
            raise exceptions.NotFound(self.invalid_cursor_message) from None


class ClientThrottle(throttling.SimpleRateThrottle):
    """So many requests a minute for each API key, or for each address without one.

    While Redis is away the database counts, and a quarter is allowed.
    """

    scope = "client"

    def allow_request(self, request: Request, view: APIView) -> bool:
        rate = self.rate
        self.num_requests, self.duration = self.parse_rate(rate)
        if self.num_requests is not None and getattr(caches["default"], "degraded", False):
            self.num_requests = max(1, self.num_requests // 4)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        ident = str(request.auth.pk) if request.auth is not None else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """An RFC 9457 answer: ``type title status detail code`` and whatever helps (``errors``, ``limit`` …)."""
    body = {
        "type": f"urn:machitry:problem:{code}",
        "title": detail,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response({**body, **extra}, status=status, content_type=PROBLEM_JSON)


class ProblemFieldSerializer(serializers.Serializer[Any]):
    """A place in the input and what is wrong there."""

    pointer = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457). ``code`` is stable; ``detail`` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = ProblemFieldSerializer(many=True, required=False)  # type: ignore[assignment]


def problems(*statuses: int) -> dict[Any, Any]:
    """Responses of ``extend_schema`` for refusals with these statuses."""
    return {(status, PROBLEM_JSON): ProblemSerializer for status in statuses}


def _field_errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested error detail as ``[{"pointer": "/name", "detail": "…", "code": "…"}]``."""
    if isinstance(detail, dict):
        return [row for name, part in detail.items() for row in _field_errors(part, f"{path}/{name}")]
    if isinstance(detail, list):
        return [row for part in detail for row in _field_errors(part, path)]
    return [{"pointer": path or "/", "detail": str(detail), "code": getattr(detail, "code", "invalid")}]


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: every refusal as problem+json with a stable code."""
    if isinstance(exc, InvalidInput):
        rows = [
            {"pointer": f"/{k}", "detail": t, "code": "invalid"}
            for k, texts in exc.fields.items()
            for t in texts
        ]
        return problem(exc.status, exc.code, exc.message, errors=rows)
    if isinstance(exc, DomainError) and "field" in exc.data:
        place = {"pointer": f"/{exc.data['field']}", "detail": exc.message, "code": exc.code}
        return problem(exc.status, exc.code, exc.message, errors=[place])
    if isinstance(exc, DomainError):
        return problem(exc.status, exc.code, exc.message, **exc.data)
    if isinstance(exc, ValidationError):
        exc = exceptions.ValidationError(serializers.as_serializer_error(exc))
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, exceptions.ValidationError):
        return problem(422, "invalid", _("Some values cannot be accepted."), errors=_field_errors(exc.detail))
    if not isinstance(exc, exceptions.APIException):
        return None
    code = exc.get_codes()
    answer = problem(exc.status_code, code if isinstance(code, str) else "error", str(exc.detail))
    if wait := getattr(exc, "wait", None):
        answer["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _refuse(name: str, text: str) -> InvalidInput:
    return InvalidInput(_("Some values cannot be accepted."), fields={name: [text]})


def whole_number(request: Request, name: str, *, minimum: int, maximum: int) -> int | None:
    """The parameter ``name`` as a whole number, None when it is not given; else 422 in words."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if value is None or not minimum <= value <= maximum:
        raise _refuse(
            name, _("Give a whole number from %(min)d to %(max)d.") % {"min": minimum, "max": maximum}
        )
    return value


def one_of(request: Request, name: str, values: Sequence[str]) -> str:
    """The parameter ``name`` as one of ``values``, empty when it is not given; else 422 in words."""
    text: str = request.query_params.get(name, "")
    if text and text not in values:
        raise _refuse(name, _("Give one of: %(values)s.") % {"values": ", ".join(values)})
    return text


def moment(request: Request, name: str) -> datetime | None:
    """The parameter ``name`` as a time, None when it is not given; else 422 in words.

    ISO 8601 with an offset (``2026-11-01T09:00:00+09:00``); without one it is the time in Japan. An
    address turns a bare ``+`` into a space: that is understood.
    """
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        value = parse_datetime(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
        if value is None and (day := parse_date(text)) is not None:
            value = datetime.combine(day, time.min)
        if value is not None:
            value = value if value.tzinfo else value.replace(tzinfo=clock.TOKYO)
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _refuse(name, _("Give a time such as 2026-11-01T09:00:00+09:00."))
