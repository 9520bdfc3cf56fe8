"""Sample briefings of the open call, one of them full, and a results meeting that is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.calls.models import Call
from apps.core import clock
from apps.events.domain.seats import has_seat
from apps.events.enums import EventState, RegistrationState
from apps.events.models import Event, Registration
from apps.portal.management.demo.fixture import Fixture

_MOMENTS = ("starts_at", "ends_at", "registration_closes_at")


def load_events(fixture: Fixture) -> int:
    """Written as they stand, without their mails."""
    made = 0
    for row in fixture.read("events"):
        if not Event.objects.filter(title=row["title"]).exists():
            _event(fixture, row)
            made += 1
    return made


def _event(fixture: Fixture, row: dict[str, Any]) -> None:
    values = {name: value for name, value in row.items() if name not in ("calls", "registrations", *_MOMENTS)}
    moments = {name: fixture.moment(row[name]) for name in _MOMENTS}
    published = min(fixture.now, moments["starts_at"]) - timedelta(days=10)
    event = Event(**values, **moments, state=EventState.PUBLISHED, published_at=published)
    event.full_clean()
    event.save()
    for call in Call.objects.filter(code__in=row.get("calls", [])):
        call.briefings.add(event)
    for line, person in enumerate(row["registrations"], start=1):
        _registration(event, line, person)


def _registration(event: Event, line: int, person: dict[str, Any]) -> None:
    """A seat while there is one, else the waiting list; one a day since the event is published."""
    assert event.published_at is not None
    moment = event.published_at + timedelta(days=line)
    came = person.pop("attended", False)
    seat = has_seat(event, event.manners[0])
    registration = Registration(
        event=event,
        line=line,
        manner=event.manners[0],
        state=RegistrationState.REGISTERED if seat else RegistrationState.WAITING,
        seated_at=moment if seat else None,
        attended_at=event.starts_at if came else None,
        **person,
    )
    registration.full_clean()
    registration.save()
    Registration.objects.filter(pk=registration.pk).update(created_at=moment, updated_at=clock.now())
