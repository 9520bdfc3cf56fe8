"""``Idempotency-Key``: the same request twice is done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.formats import OrjsonRenderer
from apps.core.api.problems import HEADER, BadParameter
from apps.core.domain import answer_once

_NAME = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"


def _digest(*parts: str) -> str:
    text = "\n".join(parts)
    return salted_hmac("machitry.api.idempotency", text, algorithm="sha256").hexdigest()


def _refusal(text: str, code: str, status: int) -> BadParameter:
    return BadParameter(text, name=_NAME, place=HEADER, code=code, status=status)


@sensitive_variables("body")
def _fingerprint(request: Request) -> str:
    """What was asked, as an HMAC: method, address, and the body in one order."""
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS).decode()
    return _digest("request", request.method or "", request.get_full_path(), body)


def idempotent(handler: Callable[..., Response]) -> Callable[..., Any]:
    """A handler of POST that takes an ``Idempotency-Key`` (of one API key, for 24 hours).

    The same body repeats status and answer with ``Idempotency-Replayed: true``; another body is 422
    ``idempotency_key_reused``; while the first is being answered 409 ``idempotency_in_flight``. A refusal is
    not kept: what was mended may be sent under the same key.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(_NAME)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not re.fullmatch(r"[!-~]{1,255}", key):
            raise _refusal(_("Give 1 to 255 visible ASCII characters."), "idempotency_key_invalid", 400)
        fingerprint = _fingerprint(request)
        made: list[Response] = []

        def act() -> tuple[int, str, str]:
            answer = handler(view, request, *args, **kwargs)
            made.append(answer)
            return (
                answer.status_code,
                answer.get("Location", ""),
                OrjsonRenderer().render(answer.data).decode(),
            )

        client: Any = request.auth
        kept, again = answer_once(
            digest=_digest("key", str(client.pk), key), fingerprint=fingerprint, act=act
        )
        if not again:
            return made[0]
        if kept.fingerprint != fingerprint:
            text = _("This Idempotency-Key was used for another request. Take a new one.")
            raise _refusal(text, "idempotency_key_reused", 422)
        headers = {REPEATED: "true"} | ({"Location": kept.location} if kept.location else {})
        return HttpResponse(kept.body, status=kept.status, headers=headers, content_type="application/json")

    once.is_idempotent = True  # type: ignore[attr-defined]
    return once
