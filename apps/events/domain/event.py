"""Writes of events: making and changing one, publishing it, calling it off, telling what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import Conflict
from apps.core.text import clean_line, clean_text
from apps.events.domain import mails
from apps.events.domain.seats import capacity_problem, fill
from apps.events.domain.workflow import event_state_set, lock, staff_only
from apps.events.enums import EventState, Manner
from apps.events.models import Event, Registration
from apps.events.selectors import told

_LINES = ("title", "title_en", "place_name", "place_name_en", "address", "contact")
_TEXTS = ("summary", "summary_en")
#: What only the functions of this app write.
_COURSE = ("id", "created_at", "updated_at", "state", "published_at")
EDITABLE = tuple(field.name for field in Event._meta.concrete_fields if field.name not in _COURSE)
#: What registered people should hear of when it changes.
DETAILS = ("starts_at", "ends_at", "place_name", "address", "online_url")


def _clean(event: Event) -> None:
    for name in _LINES:
        setattr(event, name, clean_line(getattr(event, name)))
    for name in _TEXTS:
        setattr(event, name, clean_text(getattr(event, name)))
    if not event.is_online:
        event.online_url = ""
    event.full_clean()


def _check_registered(event: Event) -> None:
    """Nobody loses the seat they have because of a changed form."""
    problems: dict[str, str] = {}
    if problem := capacity_problem(event, event.capacity):
        problems["capacity"] = problem
    for manner, field in ((Manner.ON_SITE, "place_name"), (Manner.ONLINE, "is_online")):
        count = event.registrations.live().filter(manner=manner).count()
        if count and manner not in event.manners:
            problems[field] = ngettext(
                "%(count)d person wants to come this way. Cancel that registration first.",
                "%(count)d people want to come this way. Cancel their registrations first.",
                count,
            ) % {"count": count}
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def event_create(*, event: Event, actor: Any) -> Event:
    """Keep a new event as a draft. Raises ``ValidationError``."""
    staff_only(actor)
    event.state, event.published_at = EventState.DRAFT, None
    _clean(event)
    event.save(force_insert=True)
    record(action="event.create", actor=actor, target=event)
    return event


@transaction.atomic
def event_update(
    *, event: Event, actor: Any, now: datetime | None = None
) -> tuple[list[str], list[Registration]]:
    """Keep what was changed of ``event`` (an instance with new values).

    Returns the names of the changed fields and who moved up by it. Tells nobody else: see
    ``event_tell``. Raises ``ValidationError``.
    """
    staff_only(actor)
    stored = lock(event)
    event.state, event.published_at = stored.state, stored.published_at
    if stored.state != EventState.DRAFT:
        event.capacity = stored.capacity  # seats_change, which says who moves up
    _clean(event)
    _check_registered(event)
    changed = [name for name in EDITABLE if getattr(stored, name) != getattr(event, name)]
    if not changed:
        return [], []
    event.save(update_fields=[*changed, "updated_at"])
    record(action="event.update", actor=actor, target=event, data={"fields": changed})
    if event.state != EventState.DRAFT:
        transaction.on_commit(public_pages.changed)
    return changed, fill(event, actor=actor, now=now or clock.now())


@transaction.atomic
def event_publish(*, event: Event, actor: Any, now: datetime | None = None) -> Event:
    """Show the event to everyone. Sends no mail."""
    row = lock(event)
    event_state_set(event=row, target=EventState.PUBLISHED, actor=actor, now=now or clock.now())
    transaction.on_commit(public_pages.changed)
    return row


def _recipients(event: Event, expected: int | None) -> list[Registration]:
    rows = told(event).mails
    if expected is not None and expected != len(rows):
        raise Conflict(_("Someone registered or cancelled since you looked. Please look again."))
    for row in rows:
        row.event = event
    return rows


@transaction.atomic
def event_call_off(
    *, event: Event, actor: Any, expected: int | None = None, now: datetime | None = None
) -> int:
    """Call the event off and tell everyone who registered. Returns how many mails that are.

    ``expected``: how many the person saw; with another number nothing is done (``Conflict``).
    Those with a seat keep their registration: the page says that the event does not take place.
    """
    row = lock(event)
    rows = _recipients(row, expected)
    event_state_set(
        event=row, target=EventState.CANCELLED, actor=actor, now=now or clock.now(), mails=len(rows)
    )
    transaction.on_commit(public_pages.changed)
    return sum(mails.mail(registration, "called-off", "1") for registration in rows)


@transaction.atomic
def event_tell(*, event: Event, actor: Any, expected: int | None = None) -> int:
    """Mail date and place as they are now to everyone who registered; once for each change.

    Returns how many mails. ``expected`` as for ``event_call_off``.
    """
    staff_only(actor)
    row = lock(event)
    if row.state != EventState.PUBLISHED:
        raise Conflict(_("This cannot be done now: the event has moved on meanwhile."), code="state")
    rows, key = _recipients(row, expected), mails.details_key(row)
    queued = sum(mails.mail(registration, "changed", key) for registration in rows)
    record(action="event.tell", actor=actor, target=row, data={"mails": queued})
    return queued
