"""Reading gatherings and registrations: public lists, the own page of a registered person, staff's list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.calendar_file import Entry
from apps.core.errors import NotFound
from apps.core.tokens import token_hash
from apps.events import rules
from apps.events.enums import EventPhase, EventState, Manner, RegistrationState, Seats
from apps.events.models import Event, EventQuerySet, Registration, RegistrationLink


@dataclass(frozen=True)
class ShownEvent:
    """What everyone sees of an event. ``register_url`` is empty when nobody can register."""

    event: Event
    phase: EventPhase
    seats: Seats
    title: str
    when: str
    where: str
    seats_words: str
    url: str
    register_url: str

    @property
    def status(self) -> str:
        """The state of the family ``event``: the course, before it begins the room left."""
        return str(self.seats if self.phase == EventPhase.UPCOMING else self.phase)


def seats_taken(event: Event) -> int:
    """How many of the seats are held now."""
    rows = event.registrations.registered()
    if event.place_name:
        rows = rows.filter(manner=Manner.ON_SITE)
    return rows.count()


def seats_of(event: Event) -> Seats:
    """How much room is left, asked of the database."""
    waiting = event.registrations.waiting().count()
    return rules.room(event.capacity, seats_taken(event), waiting)


def counted(events: EventQuerySet) -> EventQuerySet:
    """With ``registered_total``, ``registered_on_site`` and ``waiting_total`` of each."""
    registered = Q(registrations__state=RegistrationState.REGISTERED)
    return events.annotate(
        registered_total=Count("registrations", filter=registered),
        registered_on_site=Count(
            "registrations", filter=registered & Q(registrations__manner=Manner.ON_SITE)
        ),
        waiting_total=Count("registrations", filter=Q(registrations__state=RegistrationState.WAITING)),
    )


def where(event: Event) -> str:
    """The place, "online", or both, in the active language."""
    place = event.localized("place_name", get_language() or "ja")
    return " / ".join(part for part in (place, _("online") if event.is_online else "") if part)


def _shown(event: Event, now: datetime) -> ShownEvent:
    """``event`` must come from ``counted``."""
    on_site, total = event.registered_on_site, event.registered_total  # type: ignore[attr-defined]
    waiting = event.waiting_total  # type: ignore[attr-defined]
    room = rules.room(event.capacity, on_site if event.place_name else total, waiting)
    open_now = event.takes_registrations(now)
    seats = room if open_now else Seats.CLOSED
    return ShownEvent(
        event=event,
        phase=event.phase(now),
        seats=seats,
        title=event.localized("title", get_language() or "ja"),
        when=rules.when(event.starts_at, event.ends_at),
        where=where(event),
        seats_words=_seats_words(event, seats),
        url=event.get_absolute_url(),
        register_url=reverse("events:event-register", args=[event.pk]) if open_now else "",
    )


def _seats_words(event: Event, seats: Seats) -> str:
    if seats == Seats.FULL and event.place_name and event.is_online:
        return _("The place is full: take part online or join the waiting list")
    return str(seats.label)


def public_events(
    events: EventQuerySet | Iterable[uuid.UUID], now: datetime | None = None, *, limit: int | None = None
) -> list[ShownEvent]:
    """What everyone may see of ``events`` (a queryset in its order, or ids: then the next one first)."""
    if not isinstance(events, EventQuerySet):
        events = Event.objects.filter(pk__in=list(events)).order_by("starts_at", "id")
    at = now or clock.now()
    return [_shown(event, at) for event in counted(events.public())[:limit]]


def public_event(pk: uuid.UUID, now: datetime | None = None) -> ShownEvent:
    """One event for everyone; a draft does not exist."""
    found = public_events(Event.objects.filter(pk=pk), now)
    if not found:
        raise NotFound(_("There is no such event."))
    return found[0]


def preview(event: Event, now: datetime | None = None) -> ShownEvent:
    """An event as everyone would see it, drafts too."""
    return _shown(counted(Event.objects.filter(pk=event.pk)).get(), now or clock.now())


def registration_of(token: str) -> Registration:
    """The registration behind a mailed link."""
    link = (
        RegistrationLink.objects.select_related("registration__event")
        .filter(token_hash=token_hash(token))
        .first()
    )
    if link is None:
        raise NotFound(_("This link leads nowhere. Please open it from the newest mail."))
    return link.registration


def place_in_line(registration: Registration) -> int | None:
    """1 for the first in the waiting list; None for one who does not wait."""
    if registration.state != RegistrationState.WAITING:
        return None
    waiting = list(registration.event.registrations.waiting().values_list("pk", flat=True))
    return waiting.index(registration.pk) + 1 if registration.pk in waiting else None


@dataclass(frozen=True)
class Told:
    """Who would get a mail about an event (``mails``), and who must be called (``calls``)."""

    mails: list[Registration]
    calls: list[Registration]

    @property
    def everyone(self) -> int:
        return len(self.mails) + len(self.calls)


def told(event: Event) -> Told:
    """Everyone who holds a seat or waits for one, by whether there is an address."""
    rows = list(event.registrations.live().order_by("state", "line", "created_at"))
    return Told([row for row in rows if row.email], [row for row in rows if not row.email])


@dataclass(frozen=True)
class Attendees:
    """Staff's list: seats in the order of registration, the waiting list in its order, who cancelled."""

    registered: list[Registration]
    waiting: list[Registration]
    cancelled: list[Registration]
    attended: int
    taken: int


def attendees(event: Event) -> Attendees:
    rows = list(event.registrations.order_by("line", "created_at"))
    registered = [row for row in rows if row.state == RegistrationState.REGISTERED]
    taken = [row for row in registered if not event.place_name or row.manner == Manner.ON_SITE]
    return Attendees(
        registered=sorted(registered, key=lambda row: (row.seated_at or row.created_at, row.line)),
        waiting=[row for row in rows if row.state == RegistrationState.WAITING],
        cancelled=[row for row in rows if row.state == RegistrationState.CANCELLED],
        attended=sum(row.attended_at is not None for row in registered),
        taken=len(taken),
    )


def would_move_up(event: Event, capacity: int | None) -> list[Registration]:
    """Who of the waiting list would get a seat if there were ``capacity`` seats."""
    fits, taken = [], seats_taken(event)
    changed = Event(place_name=event.place_name, is_online=event.is_online, capacity=capacity)
    for row in event.registrations.waiting():
        if changed.counts(row.manner):
            if taken >= (capacity or 0):
                continue
            taken += 1
        fits.append(row)
    return fits


def mails_of_cancelling(registration: Registration) -> list[Registration]:
    """Who gets a mail when staff cancel ``registration``: the person, and who moves up."""
    event = registration.event
    over = clock.now() >= event.ends_at
    told_first = [registration] if registration.email and not over else []
    frees = registration.state == RegistrationState.REGISTERED and event.counts(registration.manner)
    if not frees or event.state != EventState.PUBLISHED or clock.now() >= event.starts_at:
        return told_first
    waiting = (row for row in event.registrations.waiting() if event.counts(row.manner))
    return [*told_first, *(row for row in [next(waiting, None)] if row is not None and row.email)]


def calendar_entry(event: Event, *, url: str, online_url: str = "") -> Entry:
    """The date for a calendar. ``url`` is the page (a whole address); ``online_url`` only for a seat."""
    language = get_language() or "ja"
    text = event.localized("summary", language)
    place = " ".join(part for part in (event.localized("place_name", language), event.address) if part)
    if online_url:
        text = f"{text}\n\n{_('Online meeting')}: {online_url}".strip()
    return Entry(
        uid=f"event-{event.pk}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}",
        title=event.localized("title", language),
        start=event.starts_at,
        end=event.ends_at,
        place=place or _("online"),
        text=text,
        url=url,
        cancelled=event.state == EventState.CANCELLED,
    )
