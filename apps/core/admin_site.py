"""Django's own admin under our tokens, with what waits for me on its first page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import groupby
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.registry import work_queue

Text = str | Promise

#: Rows on one page of a list.
PAGE = 50

#: Labels of the side list and the apps below them, in the order of the work.
GROUPS = (
    (_("Calls and trials"), ("calls", "events", "trials", "reports")),
    (_("Network"), ("network", "devices", "telemetry", "apikeys")),
    (_("People and companies"), ("organizations", "accounts", "account", "mfa")),
    (_("System"), ("outbox", "audit", "core")),
)


@dataclass(frozen=True)
class AreaEntry:
    """A line of an area's side list. ``count``: what waits there (0: no number is shown)."""

    label: Text
    url: str
    count: int = 0


@dataclass(frozen=True)
class AdminArea:
    """Pages in the admin's look for people who are not staff, such as reviewers.

    ``home`` is the name of its first page, to which ``/admin/`` leads them; ``opens_to(user)`` says who
    may enter, ``entries(user)`` what stands in the side list. Each page guards itself: nothing of the
    models' own pages is opened by an area.
    """

    label: Text
    home: str
    opens_to: Callable[[Any], bool]
    entries: Callable[[Any], Sequence[AreaEntry]]


#: Seconds for which the side list believes how much waits: counting asks every app, on every page.
COUNTED = 30
_areas: list[AdminArea] = []
_area_urls: list[URLPattern | URLResolver] = []


def register_admin_area(area: AdminArea) -> AdminArea:
    """Lead the people of ``area`` from the admin's first page to its own (once)."""
    if area not in _areas:
        _areas.append(area)
    return area


def register_admin_urls(patterns: Sequence[URLPattern | URLResolver]) -> None:
    """Put ``patterns`` below ``/admin/``, in the namespace ``admin``. Their views guard themselves.

    To be called while the app's ``admin`` is imported, before addresses are read.
    """
    _area_urls.extend(pattern for pattern in patterns if pattern not in _area_urls)


def area_of(user: Any) -> AdminArea | None:
    """The area that is open to ``user``; None for staff, who have the whole admin, and for strangers."""
    if not user.is_authenticated or user.is_staff:
        return None
    return next((area for area in _areas if area.opens_to(user)), None)


def _work_key(user: Any) -> str:
    return f"work-count:{user.pk}"


class MachitryAdminSite(AdminSite):
    site_header = _("Machitry administration")
    site_title = _("Machitry administration")
    index_title = _("What is waiting for me")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django's; a list that says nothing of it has 50 rows on a page, not 100: on a phone they are
        cards."""
        if (admin_class or ModelAdmin).list_per_page == ModelAdmin.list_per_page:
            options.setdefault("list_per_page", PAGE)
        super().register(model_or_iterable, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff sign in as everyone does: by e-mail code (and a second factor)."""
        if self.has_permission(request):
            return super().login(request, extra_context)
        if request.user.is_authenticated:
            area = area_of(request.user) if request.GET.get("next") == reverse("admin:index") else None
            if area is None:
                raise PermissionDenied
            return redirect(area.home)
        return redirect_to_login(request.GET.get("next", request.get_full_path()))

    def get_urls(self) -> list[Any]:
        """The areas' pages before Django's own, which take every address that is left."""
        return [*_area_urls, *super().get_urls()]

    def area_context(self, request: HttpRequest, area: AdminArea) -> dict[str, Any]:
        """What the admin's frame needs on a page of ``area``; nothing of the models is asked."""
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": True,
            "is_popup": False,
            "area": area,
            "area_home": reverse(area.home),
            "area_entries": area.entries(request.user),
            "sign_out_url": reverse("account_logout"),
        }

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        apps = {app["app_label"]: app for app in context.get("available_apps", [])}
        context["app_groups"] = [
            {"label": label, "apps": [apps[name] for name in names if name in apps]}
            for label, names in GROUPS
        ]
        context["work_count"] = self._work_count(request) if self.has_permission(request) else 0
        return context

    def _work_count(self, request: HttpRequest) -> int:
        """How many things wait, as counted at most ``COUNTED`` seconds ago."""
        count: int | None = cache.get(_work_key(request.user))
        if count is None:
            count = len(work_queue(request.user))
            cache.set(_work_key(request.user), count, COUNTED)
        return count

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Who just did something sees the number as it is then."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return inner(request, *args, **kwargs)
            finally:
                if request.method not in ("GET", "HEAD"):
                    cache.delete(_work_key(request.user))

        return counted

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        items = work_queue(request.user)
        cache.set(_work_key(request.user), len(items), COUNTED)
        groups = [
            {"due": due, "overdue": bool(due and due < clock.local_date()), "items": list(rows)}
            for due, rows in groupby(items, key=lambda item: item.due)
        ]
        return super().index(request, {"work_queue": groups, **(extra_context or {})})
