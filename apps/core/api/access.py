"""Who may call: scopes that views declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import exceptions, permissions
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HasRequiredScopes(permissions.BasePermission):
    """A view declares ``required_scopes``; an empty tuple is public. Without the attribute nobody may.

    What the caller shows may have ``scope_refusal``, the (code, words) with which it is refused, and
    ``write_refusal``, those for whatever is more than reading. A refusal takes from the caller's limits like
    any other call.
    """

    message: str | None = None
    code: str | None = None

    def has_permission(self, request: Request, view: APIView) -> bool:
        required = getattr(view, "required_scopes", None)
        if required is None:
            return False
        if not required:
            return True
        if request.auth is None:
            view.check_throttles(request)  # for the reason below
            raise exceptions.NotAuthenticated
        auth: Any = request.auth
        reads = request.method in permissions.SAFE_METHODS
        refused = None if reads else getattr(auth, "write_refusal", None)
        if refused is None and set(required) <= set(auth.scopes):
            return True
        # DRF asks for the limits only after this: a call that is refused here would be free, and not counted.
        view.check_throttles(request)
        self.code, self.message = refused or getattr(auth, "scope_refusal", None) or (None, None)
        return False


class ReadOrWrite:
    """A view's mixin: reading asks for the scope ``reads``, everything else for ``writes``."""

    request: Any
    reads: Any
    writes: Any

    @property
    def required_scopes(self) -> tuple[Any, ...]:
        return (self.reads if self.request.method in permissions.SAFE_METHODS else self.writes,)
