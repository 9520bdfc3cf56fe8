"""Pages behind mailed links: never kept, never indexed, and no place to guess in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.errors import NotFound
from apps.core.open_forms import client_of
from apps.core.rates import rate_hit

#: Openings of such pages from one network address in so many seconds.
MOST, SECONDS = 120, 600


def link_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever opens too many gets the answer that unknown links get."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rate_hit(name="link", who=client_of(request), limit=MOST, seconds=SECONDS):
            raise NotFound(
                _(
                    "This link does not exist or is no longer valid. Please check that the whole link was "
                    "copied, or ask whoever sent it for a new one."
                )
            )
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened
