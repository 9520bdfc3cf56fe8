"""The door of reviewers: pages in the admin's look, for people who are not staff.

A page below ``/admin/review/`` is a plain view under ``reviewer_page``; it shows nothing of the models'
own pages. Texts of applications reach it through ``selectors.review_sheet`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from apps.calls.domain.attending import reviewer_seen
from apps.calls.selectors.review_work import reviews_something
from apps.core.admin_site import AdminArea, AreaEntry, MachitryAdminSite, register_admin_area

View = Callable[..., HttpResponseBase]

_entries: list[tuple[str | Promise, str]] = [(_("What is left for me"), "admin:review-home")]


def register_review_entry(label: str | Promise, url_name: str) -> None:
    """Add a line to the reviewers' side list (once)."""
    if (label, url_name) not in _entries:
        _entries.append((label, url_name))


def _side_list(user: Any) -> Sequence[AreaEntry]:
    return [AreaEntry(label, reverse(name)) for label, name in _entries]


AREA = register_admin_area(
    AdminArea(label=_("Review"), home="admin:review-home", opens_to=reviews_something, entries=_side_list)
)


def reviewer_page(view: View) -> View:
    """For people who accepted to review a call: others learn nothing, who is signed out signs in.

    Staff do not review, so they are no exception.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.is_staff or not reviews_something(request.user):
            raise Http404
        reviewer_seen(user=request.user)
        return view(request, *args, **kwargs)

    return cast(View, never_cache(guarded))


def review_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """``admin/review/<template>.html`` in the admin's frame."""
    site = cast(MachitryAdminSite, admin.site)
    frame = site.area_context(request, AREA)
    return TemplateResponse(request, f"admin/review/{template}.html", {**frame, **context}, status=status)
