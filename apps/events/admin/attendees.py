"""Staff's list of an event: who has a seat, who waits, adding by hand, marking who came, CSV, print."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.core.errors import Conflict, InvalidInput
from apps.events import selectors
from apps.events.domain import (
    attendance_mark,
    registration_add,
    registration_cancel,
    registration_put_first,
    seats_change,
)
from apps.events.forms import HandForm, SeatsForm
from apps.events.models import Event, Registration


class AttendeePages:
    """The pages of ``EventAdmin`` below one event; mixed into it."""

    admin_site: Any
    get_object: Callable[..., Event | None]
    has_change_permission: Callable[..., bool]
    ask: Callable[..., TemplateResponse]

    def attendee_urls(self) -> list[URLPattern]:
        wrap, one = self.admin_site.admin_view, "<uuid:pk>/attendees"
        person = f"{one}/<uuid:registration>"
        pages: list[tuple[str, Any, str]] = [
            (f"{one}/", self.attendees, "attendees"),
            (f"{one}/print/", self.print_sheet, "print"),
            (f"{one}/attendees.csv", self.attendees_csv, "csv"),
            (f"{one}/add/", self.add_by_hand, "add_by_hand"),
            (f"{one}/seats/", self.seats, "seats"),
            (f"{person}/cancel/", self.cancel, "cancel_registration"),
            (f"{person}/first/", require_POST(self.put_first), "put_first"),
            (f"{person}/attended/", require_POST(self.mark_attended), "mark_attended"),
        ]
        return [path(route, wrap(view), name=f"events_event_{name}") for route, view, name in pages]

    def event_or_404(self, request: HttpRequest, pk: Any) -> Event:
        event = self.get_object(request, str(pk))
        if event is None or not self.has_change_permission(request, event):
            raise Http404
        return event

    def _registration(self, request: HttpRequest, pk: Any, registration: uuid.UUID) -> Registration:
        event = self.event_or_404(request, pk)
        found = get_object_or_404(Registration, pk=registration, event=event)
        found.event = event
        return found

    def attendees(self, request: HttpRequest, pk: Any) -> HttpResponse:
        event = self.event_or_404(request, pk)
        return self.ask(request, event, "attendees", attendees=selectors.attendees(event))

    def print_sheet(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """A sheet for the door, with a box for each person."""
        event = self.event_or_404(request, pk)
        return self.ask(request, event, "print", attendees=selectors.attendees(event))

    def attendees_csv(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        event = self.event_or_404(request, pk)
        response = StreamingHttpResponse(csv_lines(list(_rows(event))), content_type=CONTENT_TYPE)
        name = f"attendees-{clock.local_date(event.starts_at):%Y%m%d}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def add_by_hand(self, request: HttpRequest, pk: Any) -> HttpResponse:
        event = self.event_or_404(request, pk)
        form = HandForm(request.POST if request.method == "POST" else None, event=event)
        if form.is_bound and form.is_valid():
            language = form.cleaned_data["language"]
            try:
                registration_add(event=event, values=form.cleaned_data, language=language, actor=request.user)
            except InvalidInput as error:
                form.refuse(error)
            except Conflict as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("The registration is kept."))
                return redirect("admin:events_event_attendees", event.pk)
        return self.ask(request, event, "add_by_hand", form=form)

    def seats(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Type a number and see who would move up (GET), then change it (POST)."""
        event = self.event_or_404(request, pk)
        given = request.POST if request.method == "POST" else request.GET
        asked = "capacity" in given
        form = SeatsForm(given if asked else None, initial={"capacity": event.capacity})
        moving: list[Registration] | None = None
        if asked and form.is_valid():
            capacity = form.cleaned_data["capacity"]
            if request.method == "POST":
                try:
                    moved = seats_change(event=event, capacity=capacity, actor=request.user)
                except InvalidInput as error:
                    form.add_error("capacity", error.fields.get("capacity", [error.message]))
                else:
                    messages.success(request, _("The number of seats is changed.") + " " + moved_text(moved))
                    return redirect("admin:events_event_attendees", event.pk)
            else:
                moving = selectors.would_move_up(event, capacity)
        mails = sum(bool(row.email) for row in moving or ())
        return self.ask(request, event, "seats", form=form, moving=moving, mails=mails)

    def cancel(self, request: HttpRequest, pk: Any, registration: uuid.UUID) -> HttpResponse:
        """Say who gets which mail (GET), then cancel (POST)."""
        found = self._registration(request, pk, registration)
        if request.method == "POST":
            moved = registration_cancel(registration=found, actor=request.user)
            messages.success(request, _("The registration is cancelled.") + " " + moved_text(moved))
        if request.method == "POST" or found.state == "cancelled":
            return redirect("admin:events_event_attendees", found.event_id)
        mails = selectors.mails_of_cancelling(found)
        return self.ask(request, found.event, "cancel", registration=found, mails=mails)

    def put_first(self, request: HttpRequest, pk: Any, registration: uuid.UUID) -> HttpResponse:
        return self._act(request, pk, registration, registration_put_first)

    def mark_attended(self, request: HttpRequest, pk: Any, registration: uuid.UUID) -> HttpResponse:
        attended = request.POST.get("attended") == "1"
        return self._act(request, pk, registration, attendance_mark, attended=attended)

    def _act(
        self, request: HttpRequest, pk: Any, registration: uuid.UUID, act: Callable[..., Any], **more: Any
    ) -> HttpResponse:
        found = self._registration(request, pk, registration)
        try:
            act(registration=found, actor=request.user, **more)
        except Conflict as error:
            messages.error(request, error.message)
        return redirect("admin:events_event_attendees", found.event_id)


def moved_text(moved: list[Registration]) -> str:
    """Who moved up, in words, and whom to call; nothing when nobody did."""
    told = [row for row in moved if row.email]
    call = [f"{row.name} {row.phone}".strip() for row in moved if not row.email]
    texts = []
    if told:
        text = ngettext(
            "%(count)d person moved up and is told by mail.",
            "%(count)d people moved up and are told by mail.",
            len(told),
        )
        texts.append(text % {"count": len(told)})
    if call:
        texts.append(_("Moved up without an address, please call: %(names)s") % {"names": ", ".join(call)})
    return " ".join(texts)


def _rows(event: Event) -> Iterator[list[Any]]:
    """The head, then everyone: seats, the waiting list in its order, who cancelled."""
    found = selectors.attendees(event)
    yield [
        _("State"),
        _("Number"),
        _("Name"),
        _("Company or organization"),
        _("E-mail address"),
        _("Phone"),
        _("Way of taking part"),
        _("Attended"),
        _("Note to the organizers"),
        _("Registered at"),
    ]
    for group in (found.registered, found.waiting, found.cancelled):
        for number, row in enumerate(group, start=1):
            yield [
                row.get_state_display(),
                number,
                row.name,
                row.organization_name,
                row.email,
                row.phone,
                row.get_manner_display(),
                _("yes") if row.attended_at else "",
                row.note,
                row.created_at.astimezone(clock.TOKYO).strftime("%Y-%m-%d %H:%M"),
            ]
