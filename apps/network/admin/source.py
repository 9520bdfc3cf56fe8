"""Doors for events over HTTP: made with a secret that is shown once, renewed, closed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.network.domain.sources import source_make, source_open, source_rename, source_rotate
from apps.network.enums import ServerKind
from apps.network.forms.source import SourceForm
from apps.network.models import IngestSource


@admin.register(IngestSource)
class IngestSourceAdmin(admin.ModelAdmin[IngestSource]):
    form = SourceForm
    actions = None
    list_display = ("name", "server", "is_active", "heard_at")
    list_select_related = ("server",)
    list_filter = ("is_active", "server")
    fields: ClassVar = ("server", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/secret/", wrap(self.secret), name="network_ingestsource_secret")
        return [own, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: IngestSource | None = None) -> tuple[str, ...]:
        return ("server",) if obj else ()

    @sensitive_variables("secret")
    def save_model(self, request: HttpRequest, obj: IngestSource, form: Any, change: bool) -> None:
        actor: Any = request.user
        if change:
            source_rename(source=obj, actor=actor)
            return
        made, obj.shown_secret = source_make(server=obj.server, name=obj.name, actor=actor)  # type: ignore[attr-defined]
        obj.pk, obj.secret_hash = made.pk, made.secret_hash
        obj._state.adding = False

    def response_add(self, request: HttpRequest, obj: IngestSource, post_url_continue: Any = None) -> Any:
        return self._page(request, obj, secret=obj.shown_secret)  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: IngestSource) -> HttpResponse:
        return redirect("admin:network_ingestsource_secret", obj.pk)

    def secret(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """How to post to a door (GET); a new secret, closing, opening (POST ``act``)."""
        source = row_or_404(self, request, pk)
        if request.method != "POST":
            return self._page(request, source)
        return self._act(request, source, request.POST.get("act", ""))

    @sensitive_variables("secret")
    def _act(self, request: HttpRequest, source: IngestSource, act: str) -> HttpResponse:
        actor: Any = request.user
        if act == "rotate":
            secret = source_rotate(source=source, actor=actor)
            return self._page(request, source, secret=secret)
        if act not in ("open", "close"):
            raise Http404
        try:
            source_open(source=source, is_open=act == "open", actor=actor)
            words = gettext("The door is open.") if act == "open" else gettext("The door is closed.")
            messages.success(request, words)
        except DomainError as error:
            messages.error(request, error.message)
        return redirect("admin:network_ingestsource_secret", source.pk)

    @sensitive_variables("secret")
    def _page(self, request: HttpRequest, source: IngestSource, secret: str = "") -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "source": source}
        context |= {"title": source.name, "secret": secret, "address": f"{settings.BASE_URL}/ingest"}
        context |= {"tts": source.server.kind == ServerKind.TTS}
        response = TemplateResponse(request, "admin/network/ingestsource/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response
