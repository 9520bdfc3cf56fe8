"""Who calls, and how the schema tells of it."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from apps.apikeys.adapters.throttling import limits_tell
from apps.apikeys.domain import api_key_digest_again, api_key_used, key_refusal_note
from apps.apikeys.domain.limits import limit_refuse, refused_take
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import token_within
from apps.apikeys.selectors import key_held, key_of_token


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <key>``. Cookies never work on the API.

    A key in the address is refused even if a good one stands in the header: it is in somebody's log now.
    """

    @sensitive_variables("header", "token", "leaked")
    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        if (leaked := token_within(request.META.get("QUERY_STRING", ""))) is not None:
            text = _("Never put an API key in an address: logs keep it. Revoke it and make a new one.")
            raise _refusal(request, KeyRefused(text, code="key_in_address", key=key_held(leaked)))
        header = get_authorization_header(request).decode("latin-1").split()
        if not header or header[0].lower() != "bearer":
            return None
        token = header[1] if len(header) == 2 else ""
        address = request.META.get("REMOTE_ADDR", "")
        try:
            key = key_of_token(token, address=address)
        except KeyRefused as refused:
            raise _refusal(request, refused) from None
        structlog.contextvars.bind_contextvars(api_key=key.lookup)
        api_key_digest_again(key=key, token=token)
        api_key_used(key=key, address=address, agent=request.META.get("HTTP_USER_AGENT", ""))
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _refusal(request: Request, refused: KeyRefused) -> APIException:
    """What to raise for a call whose key is refused, once it is counted and noted for the key's owner.

    Raises ``LimitMet`` when the address was refused too often in the last minute. Asked only here: a good
    call neither pays for it nor can be shut out by it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    decision = refused_take(address=address)
    limits_tell(decision, request.parser_context["view"])
    limit_refuse(decision)
    if refused.key is not None:
        agent = request.META.get("HTTP_USER_AGENT", "")
        key_refusal_note(key=refused.key, reason=refused.code, address=address, agent=agent)
    kind = PermissionDenied if refused.status == 403 else AuthenticationFailed
    return kind(refused.message, code=refused.code)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in OpenAPI."""

    target_class = "apps.apikeys.adapters.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mty_<lookup>_<secret>",
            "description": "An API key made in your organization’s workspace.",
        }
