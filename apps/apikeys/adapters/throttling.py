"""Limits of use at the door of the API, and the headers that tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.apikeys.domain.limits import call_take, limit_refuse
from apps.apikeys.rules import Decision, policy_header, state_header

if TYPE_CHECKING:
    from rest_framework.views import APIView


def limits_tell(decision: Decision, view: APIView) -> None:
    """Say in the headers of the answer how the limits stand."""
    headers: dict[str, Any] = view.headers
    headers["RateLimit-Policy"] = policy_header(decision)
    headers["RateLimit"] = state_header(decision)
    if decision.refused is not None:
        headers["Retry-After"] = str(decision.refused.wait)


class ClientThrottle(BaseThrottle):
    """So many calls for each key, organization, person, address without a key, and day.

    Every answer of the API carries ``RateLimit`` and ``RateLimit-Policy``; a refusal (429) says in its
    body which limit was met, its size, and when it frees, and carries ``Retry-After``.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        key: Any = request.auth
        decision = call_take(key=key, address=request.META.get("REMOTE_ADDR", ""))
        limits_tell(decision, view)
        request._request.rate_limits = decision  # type: ignore[attr-defined]
        limit_refuse(decision)
        return True
