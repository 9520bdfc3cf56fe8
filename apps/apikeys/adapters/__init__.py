"""How DRF learns who calls and whether there is room for the call. Settings name these classes."""

from __future__ import annotations

from apps.apikeys.adapters.authentication import ApiKeyAuthentication, ApiKeyScheme
from apps.apikeys.adapters.throttling import ClientThrottle

__all__ = ["ApiKeyAuthentication", "ApiKeyScheme", "ClientThrottle"]
