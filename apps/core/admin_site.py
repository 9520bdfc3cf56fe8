"""Django's own admin under our tokens, with what waits for me on its first page."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.registry import work_queue

#: Labels of the side list and the apps below them, in the order of the work.
GROUPS = (
    (_("Calls and trials"), ("calls", "events", "trials", "reports")),
    (_("Network"), ("devices", "telemetry", "apikeys")),
    (_("People and companies"), ("organizations", "accounts", "account", "mfa")),
    (_("System"), ("outbox", "audit", "core")),
)


class MachitryAdminSite(AdminSite):
    site_header = _("Machitry administration")
    site_title = _("Machitry administration")
    index_title = _("What is waiting for me")
    enable_nav_sidebar = True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff sign in as everyone does: by e-mail code (and a second factor)."""
        if self.has_permission(request):
            return super().login(request, extra_context)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", request.get_full_path()))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        apps = {app["app_label"]: app for app in context.get("available_apps", [])}
        context["app_groups"] = [
            {"label": label, "apps": [apps[name] for name in names if name in apps]}
            for label, names in GROUPS
        ]
        context["work_count"] = len(work_queue(request.user)) if self.has_permission(request) else 0
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        items = work_queue(request.user)
        groups = [
            {"due": due, "overdue": bool(due and due < clock.local_date()), "items": list(rows)}
            for due, rows in groupby(items, key=lambda item: item.due)
        ]
        return super().index(request, {"work_queue": groups, **(extra_context or {})})
