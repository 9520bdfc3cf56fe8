"""Pages by an opaque cursor that belongs to one query of one organization."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from apps.core.api.problems import BadParameter
from apps.core.api.reading import whole_number

if TYPE_CHECKING:
    from rest_framework.views import APIView

#: What may differ between the pages of one query.
_FREE = {"cursor", "limit", "fields"}
_MOST = 2000


def cursor_invalid() -> BadParameter:
    """The refusal of a cursor that is not of this query."""
    text = _("This cursor does not belong to this query. Begin again without it.")
    return BadParameter(text, name="cursor", code="cursor_invalid", status=400)


def _tag(request: Request, text: str) -> str:
    """What binds ``text`` to the address, its parameters and the key's organization."""
    wanted = sorted((name, values) for name, values in request.query_params.lists() if name not in _FREE)
    owner = str(getattr(request.auth, "organization_id", ""))
    bound = "\n".join([request.path, urlencode(wanted, doseq=True), owner, text])
    return salted_hmac("machitry.api.cursor", bound, algorithm="sha256").hexdigest()[:24]


def cursor_seal(request: Request, text: str) -> str:
    """An opaque cursor that holds ``text`` (ASCII) for this query."""
    return base64.urlsafe_b64encode(f"{_tag(request, text)}{text}".encode()).decode().rstrip("=")


def cursor_open(request: Request) -> str | None:
    """What the cursor of this request holds, None without one.

    Raises ``BadParameter`` (400 ``cursor_invalid``) for a forged one and for that of another query or
    organization.
    """
    sealed = request.query_params.get("cursor")
    if sealed is None:
        return None
    try:
        kept = base64.b64decode(sealed[:_MOST] + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        text = kept.decode("ascii")
    except (ValueError, binascii.Error):
        raise cursor_invalid() from None
    tag, inside = text[:24], text[24:]
    if not constant_time_compare(tag, _tag(request, inside)):
        raise cursor_invalid()
    return inside


def limit_parameter(most: int, usual: int) -> dict[str, Any]:
    """``limit`` in OpenAPI."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    text = "How many rows a page holds."
    return {"name": "limit", "in": "query", "required": False, "description": text, "schema": schema}


CURSOR_PARAMETER: dict[str, Any] = {
    "name": "cursor",
    "in": "query",
    "required": False,
    "description": "Of `next` in the page before; it belongs to this query. Rather follow `next` as it is.",
    "schema": {"type": "string"},
}


class CursorPagination(pagination.CursorPagination):
    """Pages by an opaque cursor; ``limit`` up to 500."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = "-created_at"
    request: Request

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError, DataError):
            raise cursor_invalid() from None

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, "limit", minimum=1, maximum=self.max_page_size) or self.page_size

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        text = cursor_open(request)
        if text is None:
            return None
        tokens = parse_qs(text, keep_blank_values=True)
        position = tokens.get("p", [None])[0]
        offset, reverse = int(tokens.get("o", ["0"])[0]), "r" in tokens
        cursor: Any = pagination.Cursor  # the stubs take the position for a number
        return cursor(offset=offset, reverse=reverse, position=position)  # type: ignore[no-any-return]

    def encode_cursor(self, cursor: pagination.Cursor) -> str:
        tokens: dict[str, Any] = {"o": cursor.offset} if cursor.offset else {}
        tokens |= {"r": "1"} if cursor.reverse else {}
        tokens |= {"p": cursor.position} if cursor.position is not None else {}
        sealed = cursor_seal(self.request, urlencode(tokens))
        return replace_query_param(self.base_url or "", "cursor", sealed)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [limit_parameter(self.max_page_size, self.page_size), CURSOR_PARAMETER]
