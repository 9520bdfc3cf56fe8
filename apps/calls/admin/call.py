"""Staff make, preview, publish and withdraw calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.calls.domain import call_create, call_publish, call_update, call_withdraw
from apps.calls.domain.workflow import CALL_STEPS
from apps.calls.enums import CallState
from apps.calls.forms import CallForm
from apps.calls.models import Call
from apps.calls.selectors.call_page import call_page
from apps.calls.selectors.calls import shown_call
from apps.core.errors import Conflict

#: The browser's own pickers: labelled, and without scripts of Django's admin.
DATE_TIME = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@admin.register(Call)
class CallAdmin(admin.ModelAdmin[Call]):
    """The form writes through the domain; the state changes on pages of its own."""

    form = CallForm
    formfield_overrides: ClassVar = {
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": DATE_TIME},
        models.DateField: {"widget": DATE},
    }
    change_form_template = "admin/calls/call/change_form.html"
    list_display = ("title", "code", "state", "opens_at", "closes_at", "decision_on")
    list_filter = ("state", "fiscal_year")
    search_fields = ("code", "title", "title_en")
    readonly_fields = ("state", "published_at", "results_published_at")
    fieldsets: ClassVar = (
        (None, {"fields": (("code", "fiscal_year"), "title", "summary", "lent", "eligible", "conditions")}),
        (
            _("In English"),
            {"fields": ("title_en", "summary_en", "lent_en", "eligible_en", "conditions_en")},
        ),
        (_("Dates"), {"fields": ("opens_at", "closes_at", "decision_on", ("trial_from", "trial_until"))}),
        (_("Granted to one trial"), {"fields": (("device_quota", "message_quota"),)}),
        (_("Publication"), {"fields": ("state", "published_at", "results_published_at")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new call begins from the texts of the last one; its dates do not."""
        last = Call.objects.first()
        texts = ("lent", "eligible", "conditions", "lent_en", "eligible_en", "conditions_en")
        quotas = ("device_quota", "message_quota")
        start = {name: getattr(last, name) for name in (*texts, *quotas)} if last else {}
        return {**start, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Call, form: Any, change: bool) -> None:
        write = call_update if change else call_create
        write(call=obj, actor=request.user)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/preview/", wrap(self.preview), name="calls_call_preview"),
            path("<uuid:pk>/publish/", wrap(self.publish), name="calls_call_publish"),
            path("<uuid:pk>/withdraw/", wrap(self.withdraw), name="calls_call_withdraw"),
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        call = kwargs.get("obj")
        if call is not None:
            context["may_publish"] = (call.state, CallState.PUBLISHED) in CALL_STEPS
            context["may_withdraw"] = (call.state, CallState.CLOSED) in CALL_STEPS
        return super().render_change_form(request, context, *args, **kwargs)

    def _call(self, request: HttpRequest, pk: Any) -> Call:
        call = self.get_object(request, str(pk))
        if call is None or not self.has_change_permission(request, call):
            raise Http404
        return call

    def preview(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The call in the very template that the public will see."""
        call = self._call(request, pk)
        page = call_page(call)
        context = {"page": page, "shown": page.shown, "call": call, "preview": True}
        return render(request, "calls/call_detail.html", context)

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        done = gettext("The call is published. No mail was sent.")
        return self._act(request, pk, CallState.PUBLISHED, call_publish, "publish", done)

    def withdraw(self, request: HttpRequest, pk: Any) -> HttpResponse:
        done = gettext("The call is off the site. No mail was sent.")
        return self._act(request, pk, CallState.CLOSED, call_withdraw, "withdraw", done)

    def _act(
        self,
        request: HttpRequest,
        pk: Any,
        target: CallState,
        act: Callable[..., Call],
        name: str,
        done: str,
    ) -> HttpResponse:
        """Ask on a page of its own (GET), then do it (POST)."""
        call = self._call(request, pk)
        if request.method == "POST":
            try:
                act(call=call, actor=request.user)
            except Conflict as error:
                messages.error(request, error.message)
            else:
                messages.success(request, done)
            return redirect("admin:calls_call_change", call.pk)
        if (call.state, target) not in CALL_STEPS:
            return redirect("admin:calls_call_change", call.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": call.title,
            "opts": self.opts,
            "call": call,
            "shown": shown_call(call),
        }
        return TemplateResponse(request, f"admin/calls/call/{name}.html", context)
