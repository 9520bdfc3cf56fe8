"""Staff and reviewers need a second factor where the settings say so (production)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
_OPEN = {"account_logout", "account_reauthenticate", "jsi18n"}


class StaffSecondFactorMiddleware:
    """Until they have one, every page leads staff and reviewers to setting it up, the admin included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_REQUIRED_FOR_STAFF or self._is_open(request):
            return None
        user = request.user
        if not user.is_authenticated or not (user.is_staff or user.is_reviewer):
            return None
        if is_mfa_enabled(user, FACTORS):
            return None
        messages.warning(
            request, _("City staff and reviewers need a second factor. Please set one up to go on.")
        )
        return redirect("mfa_index")

    def _is_open(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        if match is None:
            return True
        name = match.url_name or ""
        machine = match.namespaces[:1] == ["core"]
        return machine or name in _OPEN or name.startswith("mfa_") or request.path_info.startswith("/api/")
