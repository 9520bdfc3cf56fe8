"""Refusals as RFC 9457 problem+json: stable codes, the place in the input, words for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from apps.core.errors import DomainError, InvalidInput

PROBLEM_JSON = "application/problem+json"
BODY, QUERY, HEADER = "body", "query", "header"


class BadParameter(DomainError):
    """A parameter of the address or a header cannot be accepted; ``place`` is where, ``name`` which."""

    status = 422
    code = "invalid"

    def __init__(
        self, text: str, *, name: str, place: str = QUERY, code: str = "invalid", status: int = 422
    ) -> None:
        super().__init__(_("Some values cannot be accepted.") if code == "invalid" else text, code=code)
        self.status = status
        self.name, self.place, self.text = name, place, text


class UnknownParameters(BadParameter):
    """The operation has no such parameters; ``rows`` are (name, the nearest known name, words)."""

    def __init__(self, rows: Sequence[tuple[str, str | None, str]]) -> None:
        name, alike, text = rows[0]
        super().__init__(text, name=name, code="unknown_parameter", status=400)
        self.rows = rows
        self.data = {"parameter": name, "nearest": alike}


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
    """A place in the input and what is wrong there: ``pointer`` is a JSON pointer into the body, or `/name`
    of a parameter or header; ``in`` says which."""

    pointer = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        place = serializers.ChoiceField(choices=[BODY, QUERY, HEADER])
        return {"in": place, **super().get_fields()}  # a word of Python: no attribute can have its name


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457). ``code`` is stable; ``detail`` is for people, in the language of
    `Accept-Language`. Further members depend on the code."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = ProblemFieldSerializer(many=True, required=False)  # type: ignore[assignment]


def problems(*statuses: int) -> dict[Any, Any]:
    """Responses of ``extend_schema`` for refusals with these statuses."""
    return {(status, PROBLEM_JSON): ProblemSerializer for status in statuses}


def place(pointer: str, detail: Any, code: str = "invalid", *, where: str = BODY) -> dict[str, str]:
    """One row of ``errors``."""
    return {"in": where, "pointer": pointer, "detail": str(detail), "code": code}


def _field_errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested error detail as rows of ``errors``."""
    if isinstance(detail, dict):
        return [row for name, part in detail.items() for row in _field_errors(part, f"{path}/{_part(name)}")]
    if isinstance(detail, list):
        return [row for part in detail for row in _field_errors(part, path)]
    return [place(path or "/", detail, getattr(detail, "code", "invalid"))]


def _part(name: Any) -> str:
    """A name as part of a JSON pointer (RFC 6901)."""
    return "" if name == "non_field_errors" else str(name).replace("~", "~0").replace("/", "~1")


def _of_domain(exc: DomainError, where: str) -> Response:
    if isinstance(exc, UnknownParameters):
        rows = [place(f"/{_part(name)}", text, exc.code, where=QUERY) for name, _alike, text in exc.rows]
        return problem(exc.status, exc.code, exc.message, errors=rows, **exc.data)
    if isinstance(exc, BadParameter):
        row = place(f"/{exc.name}", exc.text, exc.code, where=exc.place)
        return problem(exc.status, exc.code, exc.message, errors=[row])
    if isinstance(exc, InvalidInput):
        rows = [place(f"/{k}", t, where=where) for k, texts in exc.fields.items() for t in texts]
        return problem(exc.status, exc.code, exc.message, errors=rows)
    if "field" in exc.data:
        row = place(f"/{exc.data['field']}", exc.message, exc.code, where=where)
        return problem(exc.status, exc.code, exc.message, errors=[row])
    return problem(exc.status, exc.code, exc.message, **exc.data)


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: every refusal as problem+json with a stable code."""
    request = context.get("request")
    if isinstance(exc, DomainError):
        return _of_domain(exc, QUERY if request is None or request.method in ("GET", "HEAD") else BODY)
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
