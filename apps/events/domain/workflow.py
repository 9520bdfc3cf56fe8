"""The states of events and registrations: one table each, and the only functions that write a state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, NotAllowed
from apps.events.enums import EventState as E
from apps.events.enums import RegistrationState as R
from apps.events.models import Event, Registration

EVENT_STEPS = {
    (E.DRAFT, E.PUBLISHED): "event.publish",
    (E.PUBLISHED, E.CANCELLED): "event.call_off",
}
REGISTRATION_STEPS = {
    (R.WAITING, R.REGISTERED): "event.move_up",
    (R.REGISTERED, R.CANCELLED): "event.registration_cancel",
    (R.WAITING, R.CANCELLED): "event.registration_cancel",
}


def staff_only(actor: Any) -> None:
    """Raise ``NotAllowed`` unless ``actor`` is staff, or None for the system."""
    if not (actor is None or (actor.is_authenticated and actor.is_staff)):
        raise NotAllowed(_("Only the city may change an event."))


def lock(event: Event) -> Event:
    """The event's present row, locked until the end of the transaction."""
    return Event.objects.select_for_update().get(pk=event.pk)


def event_state_set(*, event: Event, target: E, actor: Any, now: datetime, **data: Any) -> None:
    """Write an event's new state and record it. The row must be locked; staff only."""
    action = EVENT_STEPS.get((E(event.state), target))
    if action is None:
        raise Conflict(_("This cannot be done now: the event has moved on meanwhile."), code="state")
    staff_only(actor)
    source, event.state = event.state, target
    if target == E.PUBLISHED:
        event.published_at = now
    event.full_clean()
    event.save(update_fields=["state", "published_at", "updated_at"])
    record(action=action, actor=actor, target=event, data={"from": source, "to": target, **data})


def registration_state_set(*, registration: Registration, target: R, actor: Any, now: datetime) -> None:
    """Write a registration's new state and record it, without its name. Its event must be locked."""
    action = REGISTRATION_STEPS.get((R(registration.state), target))
    if action is None:
        raise Conflict(_("This cannot be done now: the registration was changed meanwhile."), code="state")
    source, registration.state = registration.state, target
    moment = "seated_at" if target == R.REGISTERED else "cancelled_at"
    setattr(registration, moment, now)
    registration.save(update_fields=["state", moment, "updated_at"])
    data = {"registration": str(registration.pk), "from": source, "to": target}
    record(action=action, actor=actor, target=registration.event, data=data)
