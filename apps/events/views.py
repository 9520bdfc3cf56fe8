"""Gatherings as everyone sees them, registering, and the own page behind a mailed link."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core import clock
from apps.core.calendar_file import CONTENT_TYPE, Entry, calendar_file
from apps.core.errors import Conflict, InvalidInput
from apps.core.open_forms import client_of
from apps.core.public_pages import public_page
from apps.events import domain, selectors
from apps.events.enums import EventState, RegistrationState
from apps.events.forms import RegistrationForm
from apps.events.models import Event

#: How many past events the list shows.
PAST = 20


@require_safe
@public_page
def event_list(request: HttpRequest) -> HttpResponse:
    """What comes next, then what is over."""
    now = clock.now()
    context = {
        "upcoming": selectors.public_events(Event.objects.upcoming(now), now),
        "past": selectors.public_events(Event.objects.past(now), now, limit=PAST),
    }
    return render(request, "events/event_list.html", context)


@require_safe
@public_page
def event_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    shown = selectors.public_event(pk)
    return render(request, "events/event_detail.html", {"shown": shown, "event": shown.event})


@require_safe
@public_page
def event_calendar(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The date as a calendar file, without the address of the online meeting."""
    shown = selectors.public_event(pk)
    return _calendar(selectors.calendar_entry(shown.event, url=settings.BASE_URL + shown.url))


def _calendar(entry: Entry) -> HttpResponse:
    return HttpResponse(calendar_file(name=entry.title, entries=[entry]), content_type=CONTENT_TYPE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def event_register(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The form; its answer is the same for an address that is registered already."""
    shown = selectors.public_event(pk)
    data = request.POST if request.method == "POST" else None
    form = RegistrationForm(data, event=shown.event, client=client_of(request))
    if form.is_bound and shown.register_url and form.is_valid():
        try:
            if not form.trapped:
                language = get_language() or "ja"
                domain.registration_request(event=shown.event, values=form.cleaned_data, language=language)
        except InvalidInput as error:
            form.refuse(error)
        except Conflict:
            return redirect("events:event-register", pk)
        else:
            return redirect("events:event-registered", pk)
    context = {"shown": shown, "event": shown.event, "form": form}
    return render(request, "events/register.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def event_registered(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What happens next; the same for everyone who sent the form."""
    shown = selectors.public_event(pk)
    return render(request, "events/registered.html", {"shown": shown, "event": shown.event})


@never_cache
@require_safe
def registration(request: HttpRequest, token: str) -> HttpResponse:
    """The own page: seat or place in the waiting list, how to join online, calendar, cancelling."""
    found = selectors.registration_of(token)
    now = clock.now()
    live = found.event.state == EventState.PUBLISHED and found.state != RegistrationState.CANCELLED
    context = {
        "registration": found,
        "event": found.event,
        "shown": selectors.preview(found.event, now),
        "position": selectors.place_in_line(found),
        "has_seat": live and found.state == RegistrationState.REGISTERED,
        "may_cancel": live and now < found.event.starts_at,
        "token": token,
    }
    return _own(render(request, "events/registration.html", context))


def _own(response: HttpResponse) -> HttpResponse:
    """A page whose address is a secret: search engines leave it out."""
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registration_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then cancel. Looking at the page, as mail programs do, cancels nothing."""
    found = selectors.registration_of(token)
    open_still = found.event.phase() == "upcoming" and found.state != RegistrationState.CANCELLED
    if request.method == "POST":
        domain.registration_cancel(registration=found, own=True)
    if request.method == "POST" or not open_still:
        return redirect("events:registration", token)
    context = {"registration": found, "event": found.event, "token": token}
    return _own(render(request, "events/registration_cancel.html", context))


@never_cache
@require_safe
def registration_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The date for the own calendar; with a seat, the address of the online meeting too."""
    found = selectors.registration_of(token)
    has_seat = found.state == RegistrationState.REGISTERED and found.event.state == EventState.PUBLISHED
    url = settings.BASE_URL + reverse("events:registration", args=[token])
    online = found.event.online_url if has_seat else ""
    return _own(_calendar(selectors.calendar_entry(found.event, url=url, online_url=online)))
