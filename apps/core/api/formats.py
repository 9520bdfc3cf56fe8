"""JSON in and out by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.core.json_text import is_deep, json_bytes

#: The longest body of a request, in bytes.
MOST_BYTES = 1024 * 1024
#: How deep lists and objects may stand in each other; what writes JSON refuses more than some 250.
MOST_LEVELS = 32


class BodyTooLarge(exceptions.APIException):
    """The body is refused by its length, before anything reads it as JSON."""

    status_code = 413
    default_code = "body_too_large"


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
        return json_bytes(data, orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


class OrjsonParser(BaseParser):
    """JSON by orjson: no NaN, no broken text, and deep nesting is refused, not an error of ours."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value; raises ``BodyTooLarge`` over ``MOST_BYTES`` and ``ParseError``."""
        request = (parser_context or {}).get("request")
        told = str(request.META.get("CONTENT_LENGTH", "")) if request is not None else ""
        body = b"" if told.isdigit() and int(told) > MOST_BYTES else stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES or (told.isdigit() and int(told) > MOST_BYTES):
            raise BodyTooLarge(_("Send at most %(most)d bytes.") % {"most": MOST_BYTES})
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(_("This is not JSON: %(error)s") % {"error": error}) from None
        if is_deep(value, MOST_LEVELS):
            text = _("Send at most %(most)d levels of lists and objects in each other.")
            raise exceptions.ParseError(text % {"most": MOST_LEVELS})
        return value
