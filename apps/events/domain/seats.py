"""Who gets a seat: the first of the waiting list, exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import InvalidInput
from apps.events.domain import mails
from apps.events.domain.workflow import lock, registration_state_set, staff_only
from apps.events.enums import EventState, RegistrationState
from apps.events.models import Event, Registration
from apps.events.selectors import seats_of, seats_taken, would_move_up


@contextmanager
def room_shown(event: Event) -> Iterator[None]:
    """Renew the public pages when what they say of the room left changes within."""
    before = seats_of(event)
    yield
    if seats_of(event) != before:
        transaction.on_commit(public_pages.changed)


def has_seat(event: Event, manner: str) -> bool:
    """Whether one more who comes by ``manner`` gets a seat at once. The event must be locked."""
    if not event.counts(manner):
        return True
    waits = any(event.counts(row.manner) for row in event.registrations.waiting())
    return not waits and seats_taken(event) < (event.capacity or 0)


def fill(event: Event, *, actor: Any, now: datetime) -> list[Registration]:
    """Give free seats to those who wait, in their order, with a mail each. The event must be locked.

    Once the event has begun nobody moves up any more.
    """
    if event.state != EventState.PUBLISHED or now >= event.starts_at:
        return []
    moved = would_move_up(event, event.capacity)
    for row in moved:
        row.event = event
        registration_state_set(registration=row, target=RegistrationState.REGISTERED, actor=actor, now=now)
        mails.mail(row, "moved-up", "1")
    return moved


def capacity_problem(event: Event, capacity: int | None) -> str | None:
    """Why ``event`` cannot have ``capacity`` seats; None when it can."""
    taken = seats_taken(event)
    if capacity is None or capacity >= taken:
        return None
    return ngettext(
        "%(taken)d person is registered. Cancel some first, or keep at least that many seats.",
        "%(taken)d people are registered. Cancel some first, or keep at least that many seats.",
        taken,
    ) % {"taken": taken}


@transaction.atomic
def seats_change(
    *, event: Event, capacity: int | None, actor: Any, now: datetime | None = None
) -> list[Registration]:
    """Set the number of seats (None: no limit); who moves up gets a mail. Returns them.

    Raises ``InvalidInput`` below the number of those who are registered.
    """
    staff_only(actor)
    row = lock(event)
    if problem := capacity_problem(row, capacity):
        raise InvalidInput(_("The number of seats was not changed."), fields={"capacity": [problem]})
    with room_shown(row):
        before, row.capacity = row.capacity, capacity
        row.full_clean()
        row.save(update_fields=["capacity", "updated_at"])
        record(action="event.seats", actor=actor, target=row, data={"from": before, "to": capacity})
        return fill(row, actor=actor, now=now or clock.now())
