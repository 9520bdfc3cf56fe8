"""Old links to an organization that was merged lead to the one that was kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.core.errors import NotFound
from apps.organizations.selectors import kept_instead_of


class MergedOrganizationMiddleware:
    """Stands after the one that answers refusals, so that it is asked first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if not isinstance(exception, NotFound) or match is None:
            return None
        asked = match.kwargs.get("organization")
        kept = kept_instead_of(actor=request.user, pk=asked) if isinstance(asked, uuid.UUID) else None
        if kept is None:
            return None
        path = reverse(match.view_name, args=match.args, kwargs={**match.kwargs, "organization": kept})
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{path}?{query}" if query else path, preserve_request=True)
