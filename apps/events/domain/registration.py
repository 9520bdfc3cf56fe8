"""Registering, cancelling, the order of the waiting list, and who came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.rates import rate_hit
from apps.core.text import clean_line
from apps.events import rules
from apps.events.domain import mails
from apps.events.domain.seats import fill, has_seat, room_shown
from apps.events.domain.workflow import lock, registration_state_set, staff_only
from apps.events.enums import EventState, RegistrationState
from apps.events.models import Event, Registration

#: Mails to one address about one event in a day, however often someone types it into the form.
MOST_AGAIN = 5
_DAY = 86_400


@transaction.atomic
def registration_request(
    *, event: Event, values: dict[str, Any], language: str, now: datetime | None = None
) -> None:
    """Register whoever filled in the public form. ``values``: the form's fields.

    Tells the form nothing but refusals that hold for everyone: whether the address has a seat, waits
    or was registered before stands in the mail only. Raises ``Conflict`` and ``InvalidInput``.
    """
    now = now or clock.now()
    row = lock(event)
    if not row.takes_registrations(now):
        raise Conflict(_("Registration for this event has ended."), code="closed")
    known = _live(row, values["email"])
    if known is None:
        _new(row, values, language, actor=None, now=now)
    elif rate_hit(name="event-again", who=f"{row.pk} {known.email}", limit=MOST_AGAIN, seconds=_DAY):
        mails.mail(known, "again", f"{now.timestamp():.6f}")


@transaction.atomic
def registration_add(
    *, event: Event, values: dict[str, Any], language: str, actor: Any, now: datetime | None = None
) -> Registration:
    """Staff register someone who called or came. Without an address no mail goes out.

    Also after registration has ended. Raises ``Conflict`` and ``InvalidInput``.
    """
    staff_only(actor)
    row = lock(event)
    if row.state != EventState.PUBLISHED:
        raise Conflict(_("Publish the event first."), code="state")
    if values.get("email") and _live(row, values["email"]) is not None:
        text = _("This address is registered already.")
        raise InvalidInput(text, fields={"email": [text]})
    return _new(row, values, language, actor=actor, now=now or clock.now())


def _live(event: Event, email: str) -> Registration | None:
    """The registration that ``email`` has now."""
    found = event.registrations.live().filter(email=rules.same_address(email)).first()
    if found is not None:
        found.event = event
    return found


def _new(event: Event, values: dict[str, Any], language: str, *, actor: Any, now: datetime) -> Registration:
    """A seat if one is free, else the end of the waiting list; the mail says which."""
    manner = values.get("manner") or event.manners[0]
    if manner not in event.manners:
        text = _("One cannot take part this way.")
        raise InvalidInput(text, fields={"manner": [text]})
    seat = has_seat(event, manner)
    last = event.registrations.aggregate(last=Max("line"))["last"]
    registration = Registration(
        event=event,
        email=rules.same_address(values.get("email", "")),
        manner=manner,
        language=language,
        state=RegistrationState.REGISTERED if seat else RegistrationState.WAITING,
        line=1 if last is None else last + 1,
        seated_at=now if seat else None,
        **{name: clean_line(values.get(name, "")) for name in ("name", "organization_name", "phone", "note")},
    )
    try:
        registration.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None
    with room_shown(event):
        registration.save(force_insert=True)
    data = {"registration": str(registration.pk), "to": registration.state}
    record(action="event.register", actor=actor, target=event, data=data)
    mails.mail(registration, "registered" if seat else "waiting", "1")
    return registration


@transaction.atomic
def registration_cancel(
    *, registration: Registration, actor: Any = None, own: bool = False, now: datetime | None = None
) -> list[Registration]:
    """Cancel, once; who moves up instead gets a mail and is returned.

    ``own``: by the mailed link, until the event begins; else by staff. The person gets a mail.
    """
    now = now or clock.now()
    if not own:
        staff_only(actor)
    event = lock(registration.event)
    row = _fresh(event, registration)
    if row.state == RegistrationState.CANCELLED:
        return []
    if own and (now >= event.starts_at or event.state != EventState.PUBLISHED):
        raise Conflict(_("The event has begun or was called off: nothing needs to be cancelled."))
    with room_shown(event):
        registration_state_set(registration=row, target=RegistrationState.CANCELLED, actor=actor, now=now)
        if now < event.ends_at:
            mails.mail(row, "cancelled", "1")
        return fill(event, actor=actor, now=now)


def _fresh(event: Event, registration: Registration) -> Registration:
    """The registration's present row. Its event is locked, so nobody changes it meanwhile."""
    row = Registration.objects.get(pk=registration.pk, event=event)
    row.event = event
    return row


@transaction.atomic
def registration_put_first(*, registration: Registration, actor: Any) -> Registration:
    """Put one who waits to the head of the waiting list. Sends no mail."""
    staff_only(actor)
    event = lock(registration.event)
    row = _fresh(event, registration)
    if row.state != RegistrationState.WAITING:
        raise Conflict(_("This cannot be done now: the registration was changed meanwhile."), code="state")
    first = event.registrations.waiting().exclude(pk=row.pk).aggregate(first=Min("line"))["first"]
    if first is not None and first <= row.line:
        row.line = first - 1
        row.save(update_fields=["line", "updated_at"])
        data = {"registration": str(row.pk)}
        record(action="event.put_first", actor=actor, target=event, data=data)
    return row


@transaction.atomic
def attendance_mark(
    *, registration: Registration, attended: bool, actor: Any, now: datetime | None = None
) -> Registration:
    """Keep whether someone with a seat came."""
    staff_only(actor)
    event = lock(registration.event)
    row = _fresh(event, registration)
    if row.state != RegistrationState.REGISTERED:
        raise Conflict(_("This cannot be done now: the registration was changed meanwhile."), code="state")
    if (row.attended_at is not None) != attended:
        row.attended_at = (now or clock.now()) if attended else None
        row.save(update_fields=["attended_at", "updated_at"])
        data = {"registration": str(row.pk), "attended": attended}
        record(action="event.attendance", actor=actor, target=event, data=data)
    return row
