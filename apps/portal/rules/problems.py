"""What a refusal means, by its status and by its code, for the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.api.codes import CODES
from apps.portal.rules.openapi import Operation

STATUSES: dict[str, Any] = {
    "400": _("The request cannot be read: no JSON, an unknown field, or a cursor of another query."),
    "401": _("The key is missing, not known, expired or revoked."),
    "403": _("The key lacks the scope, or does not come from an allowed network."),
    "404": _("There is no such thing, or it is not yours."),
    "406": _("No answer comes in the media type that Accept asks for."),
    "409": _("It does not fit the present state: a full quota, a number that is taken."),
    "413": _("The body is too large."),
    "415": _("The body is not of a media type that is read here."),
    "422": _("Some values cannot be accepted. “errors” names each place."),
    "429": _("Too many requests. Wait as long as Retry-After says."),
    "503": _("It cannot be answered at the moment. Try again later."),
}
#: Codes that any operation with their status may answer, and those that depend on a parameter.
_ALWAYS = {
    "not_found",
    "not_acceptable",
    "body_too_large",
    "unsupported_media_type",
    "parse_error",
    "invalid",
    "throttled",
}
_WITH_A_KEY = {code for code, (status, _text) in CODES.items() if status in (401, 403)} - {"not_allowed"}
_WITH_A_PARAMETER = {
    "cursor_invalid": "cursor",
    "unknown_field": "fields",
    "idempotency_key_invalid": "Idempotency-Key",
    "idempotency_key_reused": "Idempotency-Key",
    "idempotency_in_flight": "Idempotency-Key",
}


@dataclass(frozen=True)
class Problem:
    """A code; ``text`` is English, as the table of codes has it."""

    code: str
    status: int
    text: str


@dataclass(frozen=True)
class Refusal:
    """One status of an operation: what it means there, and the codes it may come with."""

    status: str
    text: Any
    codes: Sequence[str]


def problems() -> list[Problem]:
    """Every code of the API, by status."""
    rows = [Problem(code, status, text) for code, (status, text) in CODES.items()]
    return sorted(rows, key=lambda row: row.status)


def refusals(operation: Operation) -> list[Refusal]:
    """The refusals of ``operation``, by status."""
    return [
        Refusal(row.status, row.text or STATUSES.get(row.status, ""), _codes(operation, row.status))
        for row in operation.refusals
    ]


def _codes(operation: Operation, status: str) -> list[str]:
    """The codes with this status that the operation names, shows, or that its kind may always answer."""
    parameters = {row.name for row in operation.parameters}
    named = {code for code in CODES if f"`{code}`" in operation.text}
    shown = {
        str(example.value.get("code"))
        for answer in operation.refusals
        if answer.status == status and answer.body
        for example in answer.body.examples
        if isinstance(example.value, dict)
    }
    usual = _ALWAYS | (set() if operation.public else _WITH_A_KEY)
    usual -= set() if operation.body else {"parse_error"}
    usual |= {code for code, name in _WITH_A_PARAMETER.items() if name in parameters}
    wanted = named | shown | usual
    return [code for code, (given, _text) in CODES.items() if str(given) == status and code in wanted]
