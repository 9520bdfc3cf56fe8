"""Where the network servers differ from the portal: one page, a meaning and a button for each kind."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.devices.domain.mending import (
    comparison_queue,
    drift_heed,
    drift_ignore,
    drift_mend,
    drifts_mend,
)
from apps.devices.enums import DriftKind
from apps.devices.forms.drift import LetStandForm
from apps.devices.models import Drift
from apps.devices.selectors.provisioning import (
    MAY_STAND,
    detail_words,
    drift_group,
    drifts_of,
    kind_words,
    servers_drift,
)
from apps.network.models import NetworkServer

PAGE_SIZE = 50
SECTIONS = (*DriftKind.values, MAY_STAND)


@admin.register(Drift)
class DriftAdmin(admin.ModelAdmin[Drift]):
    """Found by the comparison; staff mend it or let it stand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("server/<uuid:pk>/", wrap(require_POST(self.on_server)), name="devices_drift_server"),
            path("<uuid:pk>/act/", wrap(require_POST(self.act)), name="devices_drift_act"),
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All open differences, by server and kind; with ``server`` and ``kind`` all of that section."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.GET.get("kind"):
            return self._section(request, request.GET["kind"])
        servers = servers_drift()
        context = {**self.admin_site.each_context(request), "opts": self.opts, "servers": servers}
        context |= {"title": gettext("Differences to the network servers")}
        context |= {"may_change": self.has_change_permission(request)}
        return TemplateResponse(request, "admin/devices/drift/change_list.html", context)

    def _section(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The differences of one kind on one server, a page of them."""
        if kind not in SECTIONS:
            raise Http404
        server = _server(request.GET.get("server", ""))
        rows = drifts_of(server, kind)
        page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
        group = drift_group(kind, page.object_list, page.paginator.count)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "server": server}
        context |= {"title": group.label, "group": group, "page": page}
        context |= {"query": urlencode({"server": server.pk, "kind": kind})}
        context |= {"may_change": self.has_change_permission(request)}
        return TemplateResponse(request, "admin/devices/drift/section.html", context)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One difference: mend it, or let it stand with a reason."""
        return self._page(request, row_or_404(self, request, object_id), LetStandForm())

    def _page(self, request: HttpRequest, row: Drift, form: LetStandForm) -> HttpResponse:
        meaning, verb = kind_words(row.kind)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "row": row}
        context |= {"title": row.dev_eui, "meaning": meaning, "verb": verb, "detail": detail_words(row)}
        context |= {"form": form}
        page = "admin/devices/drift/change_form.html"
        return TemplateResponse(request, page, context, status=422 if form.errors else 200)

    def act(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """POST ``act``: mend, ignore (with ``reason``), heed; ``section``: where the button stood."""
        row, act = row_or_404(self, request, pk), request.POST.get("act", "")
        form = LetStandForm(request.POST)
        if act not in ("mend", "ignore", "heed"):
            raise Http404
        if act == "ignore" and not form.is_valid():
            return self._page(request, row, form)
        try:
            messages.success(request, _done(row, act, form, request.user))
        except DomainError as error:
            messages.error(request, error.message)
        return redirect(_address(row.server, request.POST.get("section", "")))

    def on_server(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """POST ``act``: compare now, or mend all of a ``kind`` (``count`` as the page showed)."""
        if not self.has_change_permission(request):
            raise Http404
        server, kind = get_object_or_404(NetworkServer, pk=pk), request.POST.get("kind", "")
        actor: Any = request.user
        try:
            if request.POST.get("act") == "compare":
                comparison_queue(server=server, actor=actor)
                messages.success(request, gettext("The server is compared now. Load the page in a moment."))
            elif kind in DriftKind.values and request.POST.get("count", "").isdecimal():
                expected = int(request.POST["count"][:9])
                messages.success(
                    request, _mended(drifts_mend(server=server, kind=kind, expected=expected, actor=actor))
                )
            else:
                raise Http404
        except DomainError as error:
            messages.error(request, error.message)
        return redirect("admin:devices_drift_changelist")


def _address(server: NetworkServer, section: str) -> str:
    """The page of all differences, or that of one section."""
    address = reverse("admin:devices_drift_changelist")
    if section not in SECTIONS:
        return address
    return f"{address}?{urlencode({'server': server.pk, 'kind': section})}"


def _server(name: str) -> NetworkServer:
    try:
        return get_object_or_404(NetworkServer, pk=uuid.UUID(name))
    except ValueError:
        raise Http404 from None


def _done(row: Drift, act: str, form: LetStandForm, actor: Any) -> str:
    """Do ``act`` and say so."""
    if act == "mend":
        drift_mend(drift=row, actor=actor)
        return _mended(1)
    if act == "ignore":
        drift_ignore(drift=row, reason=form.cleaned_data["reason"], actor=actor)
        return gettext("It may stand. It is listed at the end of the page.")
    drift_heed(drift=row, actor=actor)
    return gettext("It is listed among what is to be done again.")


def _mended(count: int) -> str:
    return ngettext(
        "%(count)d difference is mended within a minute. If the server is away it waits.",
        "%(count)d differences are mended within a minute. If the server is away they wait.",
        count,
    ) % {"count": count}
