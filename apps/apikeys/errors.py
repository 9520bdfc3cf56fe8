"""Why a key or a call is not accepted. The codes are part of the API."""

from __future__ import annotations

from typing import Any

from apps.core.errors import DomainError


class KeyRefused(DomainError):
    """``code`` is ``key_invalid``, ``key_expired``, ``key_replaced``, ``key_revoked`` or ``key_in_address``
    (401), or ``key_network`` (403). ``key`` is the ``ApiKey``, when the caller held the whole of it."""

    status = 401
    code = "key_invalid"

    def __init__(self, message: str, *, code: str | None = None, key: Any = None) -> None:
        super().__init__(message, code=code)
        self.key = key


class LimitMet(DomainError):
    """429: ``data`` names the limit, its size and window, and when it frees."""

    status = 429
    code = "throttled"
