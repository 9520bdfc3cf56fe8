"""Why a key is not accepted. The codes are part of the API."""

from __future__ import annotations

from apps.core.errors import DomainError


class KeyRefused(DomainError):
    """``code`` is ``key_invalid``, ``key_expired`` or ``key_revoked``."""

    status = 401
    code = "key_invalid"
