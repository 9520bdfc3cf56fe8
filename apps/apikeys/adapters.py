"""How DRF learns who calls, and how the schema tells of it."""

from __future__ import annotations

from typing import Any

import structlog
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.apikeys.domain import api_key_used
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey
from apps.apikeys.selectors import key_of_token


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <key>``. Cookies never work on the API, nor does a key in the address."""

    @sensitive_variables("header", "token")
    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        header = get_authorization_header(request).decode("latin-1").split()
        if not header or header[0].lower() != "bearer":
            return None
        token = header[1] if len(header) == 2 else ""
        try:
            key = key_of_token(token)
        except KeyRefused as refused:
            raise AuthenticationFailed(refused.message, code=refused.code) from None
        structlog.contextvars.bind_contextvars(api_key=key.lookup)
        api_key_used(key=key)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in OpenAPI."""

    target_class = "apps.apikeys.adapters.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mty_<lookup>_<secret>",
            "description": "An API key made in your organization’s workspace.",
        }
