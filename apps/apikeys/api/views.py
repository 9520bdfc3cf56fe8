"""GET /api/v1/key: what a key may do, what is left of its limits, how much it was used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.api.serializers import KeySerializer
from apps.apikeys.rules import Decision
from apps.apikeys.selectors import key_rows, refusals_of, usage_days
from apps.core import clock
from apps.core.api import problems


def _limits(decision: Decision | None) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "name": row.policy.name,
            "size": row.policy.limit,
            "seconds": row.policy.seconds,
            "remaining": row.remaining,
            "resets_at": now + timedelta(seconds=row.resets_in),
        }
        for row in (decision.counts if decision else ())
    ]


class KeyView(APIView):
    """The key that asks. Every key may, whatever its scopes."""

    #: No scope is needed, but a key is.
    required_scopes = ()

    @extend_schema(
        operation_id="key_get",
        summary="Your key: rights, limits, usage",
        tags=["key"],
        responses={200: KeySerializer, **problems(401, 403, 429)},
    )
    def get(self, request: Request) -> Response:
        """Scopes, trials, networks and end of the key that asks, what is left of its limits, its 30 days."""
        key: Any = request.auth
        if key is None:
            raise NotAuthenticated
        (row,) = key_rows([key])
        values = {
            **{name: getattr(key, name) for name in ("name", "kind", "begins_with", "scopes", "networks")},
            **{name: getattr(key, name) for name in ("created_at", "expires_at")},
            "organization": key.organization.name if key.organization else None,
            "trials": row.trials,
            "replaced": row.state == "ending",
            "limits": _limits(getattr(request._request, "rate_limits", None)),
            "usage": usage_days(key),
            "refusals": refusals_of(key),
        }
        return Response(KeySerializer(values).data)
