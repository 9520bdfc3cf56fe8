"""Staff make, preview, publish and call off events, and tell those who registered of changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Conflict
from apps.events import selectors
from apps.events.admin.attendees import AttendeePages, moved_text
from apps.events.domain import event_call_off, event_create, event_publish, event_tell, event_update
from apps.events.domain.event import DETAILS
from apps.events.domain.workflow import EVENT_STEPS
from apps.events.enums import EventState
from apps.events.forms import EventForm, expected_of
from apps.events.models import Event

#: The browser's own picker: labelled, and without scripts of Django's admin.
DATE_TIME = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def mails_text(count: int) -> str:
    return ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count) % {
        "count": count
    }


def _told(event: Event) -> dict[str, Any]:
    """Who would be told, and their number for the form: with another one nothing is sent."""
    told = selectors.told(event)
    return {"told": told, "expected": {"expected": str(len(told.mails))}}


@admin.register(Event)
class EventAdmin(AttendeePages, admin.ModelAdmin[Event]):
    """The form writes through the domain; state and seats change on pages of their own."""

    form = EventForm
    formfield_overrides: ClassVar = {
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": DATE_TIME}
    }
    change_form_template = "admin/events/event/change_form.html"
    list_display = ("title", "kind", "starts_at", "state", "seats_held", "waiting")
    list_filter = ("state", "kind")
    search_fields = ("title", "title_en", "place_name")
    readonly_fields = ("state", "published_at")
    fieldsets: ClassVar = (
        (None, {"fields": ("kind", "title", "summary")}),
        (_("Date"), {"fields": (("starts_at", "ends_at"), "registration_closes_at")}),
        (_("Place"), {"fields": ("place_name", "address", "is_online", "online_url", "capacity", "contact")}),
        (_("In English"), {"fields": ("title_en", "summary_en", "place_name_en")}),
        (_("Publication"), {"fields": ("state", "published_at")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Event]:
        return selectors.counted(super().get_queryset(request))  # type: ignore[arg-type]

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> tuple[str, ...]:
        """Seats of a published event are changed on the page that says who moves up."""
        published = obj is not None and obj.state != EventState.DRAFT
        return (*self.readonly_fields, "capacity") if published else self.readonly_fields

    @admin.display(description=pgettext_lazy("column", "registered"))
    def seats_held(self, event: Event) -> str:
        held = event.registered_total  # type: ignore[attr-defined]
        return f"{held} / {event.capacity}" if event.capacity else str(held)

    @admin.display(description=pgettext_lazy("column", "waiting"))
    def waiting(self, event: Event) -> int:
        return int(event.waiting_total)  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: bool) -> None:
        if not change:
            event_create(event=obj, actor=request.user)
            return
        changed, moved = event_update(event=obj, actor=request.user)
        request.events_details_changed = bool(set(changed) & set(DETAILS))  # type: ignore[attr-defined]
        if moved:
            messages.info(request, moved_text(moved))

    def response_change(self, request: HttpRequest, obj: Event) -> HttpResponse:
        """When date or place of a published event changed, offer to tell those who registered."""
        response = super().response_change(request, obj)
        changed = getattr(request, "events_details_changed", False)
        if changed and obj.state == EventState.PUBLISHED and selectors.told(obj).everyone:
            return redirect("admin:events_event_tell", obj.pk)
        return response

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/preview/", wrap(self.preview), name="events_event_preview"),
            path("<uuid:pk>/publish/", wrap(self.publish), name="events_event_publish"),
            path("<uuid:pk>/call-off/", wrap(self.call_off), name="events_event_call_off"),
            path("<uuid:pk>/tell/", wrap(self.tell), name="events_event_tell"),
        ]
        return [*own, *self.attendee_urls(), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        event = kwargs.get("obj")
        if event is not None:
            context["may_publish"] = (event.state, EventState.PUBLISHED) in EVENT_STEPS
            context["may_call_off"] = (event.state, EventState.CANCELLED) in EVENT_STEPS
        return super().render_change_form(request, context, *args, **kwargs)

    def preview(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The event in the very template that the public will see."""
        event = self.event_or_404(request, pk)
        context = {"shown": selectors.preview(event), "event": event, "preview": True}
        return render(request, "events/event_detail.html", context)

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        event = self.event_or_404(request, pk)
        if request.method == "POST":
            try:
                event_publish(event=event, actor=request.user)
            except Conflict as error:
                messages.error(request, error.message)
            else:
                messages.success(request, gettext("The event is published. No mail was sent."))
        if request.method == "POST" or event.state != EventState.DRAFT:
            return redirect("admin:events_event_change", event.pk)
        return self.ask(request, event, "publish", shown=selectors.preview(event))

    def call_off(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Say how many mails go to whom (GET), then do it (POST with that number)."""
        event = self.event_or_404(request, pk)
        if request.method == "POST":
            try:
                count = event_call_off(event=event, actor=request.user, expected=expected_of(request.POST))
            except Conflict as error:
                messages.error(request, error.message)
                return redirect("admin:events_event_call_off", event.pk)
            messages.success(request, gettext("The event is called off.") + " " + mails_text(count))
        if request.method == "POST" or event.state != EventState.PUBLISHED:
            return redirect("admin:events_event_attendees", event.pk)
        return self.ask(request, event, "call_off", **_told(event))

    def tell(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Offer to mail date and place as they are now to everyone who registered."""
        event = self.event_or_404(request, pk)
        if request.method == "POST":
            try:
                count = event_tell(event=event, actor=request.user, expected=expected_of(request.POST))
            except Conflict as error:
                messages.error(request, error.message)
                return redirect("admin:events_event_tell", event.pk)
            messages.success(request, mails_text(count))
        if request.method == "POST" or event.state != EventState.PUBLISHED:
            return redirect("admin:events_event_attendees", event.pk)
        return self.ask(request, event, "tell", **_told(event))

    def ask(self, request: HttpRequest, event: Event, name: str, **more: Any) -> TemplateResponse:
        """A page of one event in the admin's frame."""
        context = {
            **self.admin_site.each_context(request),
            "title": event.title,
            "opts": self.opts,
            "event": event,
            "back": reverse("admin:events_event_change", args=[event.pk]),
            **more,
        }
        return TemplateResponse(request, f"admin/events/event/{name}.html", context)
