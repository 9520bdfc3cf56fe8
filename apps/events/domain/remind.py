"""The mail of the day before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.core import clock
from apps.core.clock import TOKYO
from apps.events import rules
from apps.events.domain import mails
from apps.events.domain.workflow import lock
from apps.events.enums import EventState, RegistrationState
from apps.events.models import Event, Registration
from apps.outbox.models import Message


def remind(*, now: datetime | None = None) -> int:
    """Queue the reminders that are due and were not queued yet; returns how many.

    Due from nine in the morning of the day before until the event begins. Who got their seat within
    that time has just been told. A moved event reminds once more, of its new date.
    """
    now = now or clock.now()
    soon = Event.objects.filter(
        state=EventState.PUBLISHED, starts_at__gt=now, starts_at__lt=now + timedelta(days=2)
    )
    return sum(_remind(event, now) for event in soon if now >= rules.reminder_from(event.starts_at))


def _key(event: Event) -> str:
    return f"{event.starts_at.astimezone(TOKYO):%Y%m%d%H%M}"


def _remind(event: Event, now: datetime) -> int:
    due = (
        event.registrations.registered()
        .filter(seated_at__lt=rules.reminder_from(event.starts_at))
        .exclude(email="")
    )
    keys = {mails.mail_key(row, "reminder", _key(event)): row for row in due}
    queued = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    missing = [row for key, row in keys.items() if key not in queued]
    return sum(_remind_one(row, event, now) for row in missing)


@transaction.atomic
def _remind_one(registration: Registration, event: Event, now: datetime) -> bool:
    """One mail, unless the person or the city cancelled meanwhile or the date was moved."""
    locked = lock(event)
    row = Registration.objects.get(pk=registration.pk)
    moved = locked.starts_at != event.starts_at or locked.state != EventState.PUBLISHED
    if moved or row.state != RegistrationState.REGISTERED:
        return False
    row.event = locked
    return mails.mail(row, "reminder", _key(locked))
