"""Gateways: by hand, from a file that is looked through first, from a server (see ``server``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.core.errors import DomainError
from apps.network.admin.network_map import network_map
from apps.network.admin.server import taken_words
from apps.network.domain import gateway_save, gateways_from_file
from apps.network.forms import GatewayFileForm, GatewayForm
from apps.network.models import Gateway
from apps.network.rules import COLUMNS
from apps.network.selectors.gateways import Compared, compare_file

_EXAMPLE = ("0016c001f153a14c", "見本 市役所屋上", "見本町1丁目", "36.695", "137.213", "25")


@admin.register(Gateway)
class GatewayAdmin(admin.ModelAdmin[Gateway]):
    form = GatewayForm
    actions = None
    change_list_template = "admin/network/gateway/change_list.html"
    list_display = ("name", "gateway_id", "place_name", "server", "state", "heard")
    list_select_related = ("server",)
    list_filter = ("state", "server")
    search_fields = ("name", "gateway_id", "place_name")
    fields: ClassVar = (
        "gateway_id",
        "name",
        "place_name",
        ("latitude", "longitude"),
        "height_m",
        "is_public",
        "server",
        "state",
    )

    @admin.display(description=pgettext_lazy("gateway", "last heard"), ordering="last_seen_at")
    def heard(self, gateway: Gateway) -> datetime | None:
        return gateway.last_seen_at

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("map/", wrap(network_map), name="network_map"),
            path("file/", wrap(self.file), name="network_gateway_file"),
            path("file/template.csv", wrap(require_safe(self.template)), name="network_gateway_template"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        gateway_save(gateway=obj, actor=request.user)  # type: ignore[arg-type]

    def _may(self, request: HttpRequest) -> None:
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise Http404

    def template(self, request: HttpRequest) -> HttpResponse:
        """An empty file with its columns and one line as an example."""
        self._may(request)
        names = COLUMNS.values() if get_language() == "ja" else COLUMNS.keys()
        response = HttpResponse("".join(csv_lines([list(names), _EXAMPLE])), content_type=CONTENT_TYPE)
        response["Content-Disposition"] = 'attachment; filename="gateways.csv"'
        return response

    def file(self, request: HttpRequest) -> HttpResponse:
        """Choose a file (GET), see what each line does (POST), take it in (POST ``take``)."""
        self._may(request)
        if request.method != "POST":
            return self._page(request, GatewayFileForm())
        form = GatewayFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, status=422)
        text, server, actor = form.cleaned_data["text"], form.cleaned_data["server"], request.user
        if "take" in request.POST:
            try:
                taken = gateways_from_file(text=text, server=server, actor=actor)  # type: ignore[arg-type]
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, taken_words(taken))
                return redirect("admin:network_gateway_changelist")
        try:
            rows = compare_file(text)
        except ValidationError as error:
            form.add_error("file", error)
            return self._page(request, form, status=422)
        return self._page(request, form, rows)

    def _page(
        self,
        request: HttpRequest,
        form: GatewayFileForm,
        rows: list[Compared] | None = None,
        status: int = 200,
    ) -> TemplateResponse:
        faults = sum(1 for row in rows or () if row.row.faults)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Gateways from a file"),
            "form": form,
            "rows": rows,
            "faults": faults,
            "changes": sum(1 for row in rows or () if row.act in ("new", "changed")),
            "text": form.cleaned_data.get("text", "") if rows else "",
            "server": form.cleaned_data.get("server") if rows else None,
        }
        return TemplateResponse(request, "admin/network/gateway/file.html", context, status=status)
