"""Decoding again, for staff: begun, watched, stopped."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.admin_tools import row_or_404
from apps.core.errors import Conflict, DomainError
from apps.devices.models import CodecVersion
from apps.telemetry.domain.redecode import redecode_start, redecode_stop
from apps.telemetry.forms.redecode import RedecodeForm
from apps.telemetry.models import Redecode
from apps.telemetry.selectors.redecode import decoding_codec, uplinks_since

_FROM = timedelta(days=7)


@admin.register(Redecode)
class RedecodeAdmin(admin.ModelAdmin[Redecode]):
    actions = None
    list_display = ("version", "since", "how_far", "looked_at", "with_others", "unread", "by", "created_at")
    list_select_related = ("codec__model", "made_by")

    @admin.display(description=_("codec"), ordering="codec__model__name")
    def version(self, redecode: Redecode) -> str:
        return str(redecode.codec)

    @admin.display(description=_("state"), ordering="state")
    def how_far(self, redecode: Redecode) -> str:
        return redecode.get_state_display()

    @admin.display(description=pgettext_lazy("redecode", "looked at"), ordering="seen")
    def looked_at(self, redecode: Redecode) -> int:
        return redecode.seen

    @admin.display(description=pgettext_lazy("redecode", "other values"), ordering="changed")
    def with_others(self, redecode: Redecode) -> int:
        return redecode.changed

    @admin.display(description=pgettext_lazy("redecode", "not read"), ordering="failed")
    def unread(self, redecode: Redecode) -> int:
        return redecode.failed

    @admin.display(description=pgettext_lazy("redecode", "By"))
    def by(self, redecode: Redecode) -> str:
        return str(redecode.made_by or "–")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        progress = require_safe(self.admin_site.admin_view(self.progress))
        own = path("<uuid:pk>/progress/", progress, name="telemetry_redecode_progress")
        return [own, *super().get_urls()]

    @method_decorator(csrf_protect)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose model and moment (GET, ``codec``: its model); see how many (POST), begin (POST ``act``)."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        if request.method != "POST":
            begin = (clock.now() - _FROM).replace(minute=0, second=0, microsecond=0)
            return self._form(request, RedecodeForm(initial={"model": self._model(request), "since": begin}))
        form = RedecodeForm(request.POST)
        if not form.is_valid():
            return self._form(request, form, status=422)
        model, since = form.cleaned_data["model"], form.cleaned_data["since"]
        if request.POST.get("act") != "start":
            return self._form(request, form, count=uplinks_since(model.pk, since))
        try:
            codec = decoding_codec(model)
            if codec is None:
                raise Conflict(gettext("No version decodes now."))
            redecode = redecode_start(codec=codec, since=since, actor=request.user)
        except DomainError as error:
            form.told(getattr(error, "fields", {}), error.message)
            return self._form(request, form, status=422)
        return redirect("admin:telemetry_redecode_change", redecode.pk)

    def _model(self, request: HttpRequest) -> Any:
        try:
            wanted = uuid.UUID(request.GET.get("codec", ""))
        except ValueError:
            return None
        return CodecVersion.objects.filter(pk=wanted).values_list("model", flat=True).first()

    def _form(
        self, request: HttpRequest, form: RedecodeForm, *, count: int | None = None, status: int = 200
    ) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "count": count}
        context["title"] = gettext("Decode stored uplinks again")
        return TemplateResponse(request, "admin/telemetry/redecode/add.html", context, status=status)

    @method_decorator(csrf_protect)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far it is (GET); stop it (POST)."""
        redecode = row_or_404(self, request, object_id, change=request.method == "POST")
        if request.method == "POST":
            try:
                redecode_stop(redecode=redecode, actor=request.user)
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, gettext("Stopped. What is done stays."))
            return redirect("admin:telemetry_redecode_change", redecode.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "redecode": redecode}
        context["title"] = str(redecode.codec)
        return TemplateResponse(request, "admin/telemetry/redecode/detail.html", context)

    def progress(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The part of the page that changes."""
        redecode = row_or_404(self, request, pk, change=False)
        return TemplateResponse(request, "admin/telemetry/redecode/_progress.html", {"redecode": redecode})
