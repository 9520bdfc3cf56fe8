"""Writes of calls: making and changing one, putting it on the site, taking it off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.workflow import call_state_set
from apps.calls.enums import CallState
from apps.calls.models import Call
from apps.core import clock, public_pages
from apps.core.errors import NotAllowed
from apps.core.text import clean_line, clean_text

_LINES = ("title", "title_en")
_TEXTS = (
    "summary",
    "summary_en",
    "lent",
    "lent_en",
    "conditions",
    "conditions_en",
    "eligible",
    "eligible_en",
)
#: What only the functions of this module write.
_COURSE = ("id", "created_at", "updated_at", "state", "published_at", "results_published_at")
EDITABLE = tuple(field.name for field in Call._meta.concrete_fields if field.name not in _COURSE)


def _check(actor: Any) -> None:
    if not (actor is None or (actor.is_authenticated and actor.is_staff)):
        raise NotAllowed(_("Only the city may change a call."))


def _clean(call: Call) -> None:
    for name in _LINES:
        setattr(call, name, clean_line(getattr(call, name)))
    for name in _TEXTS:
        setattr(call, name, clean_text(getattr(call, name)))
    call.full_clean()


@transaction.atomic
def call_create(*, call: Call, actor: Any) -> Call:
    """Keep a new call as a draft. Raises ``ValidationError``."""
    _check(actor)
    call.state = CallState.DRAFT
    _clean(call)
    call.save(force_insert=True)
    record(action="call.create", actor=actor, target=call)
    return call


@transaction.atomic
def call_update(*, call: Call, actor: Any) -> Call:
    """Keep what was changed of ``call`` (an instance with new values). Raises ``ValidationError``."""
    _check(actor)
    stored = Call.objects.select_for_update().get(pk=call.pk)
    _clean(call)
    changed = [name for name in EDITABLE if getattr(stored, name) != getattr(call, name)]
    if changed:
        call.save(update_fields=[*changed, "updated_at"])
        record(action="call.update", actor=actor, target=call, data={"fields": changed})
        if stored.state == CallState.PUBLISHED:
            transaction.on_commit(public_pages.changed)
    return call


@transaction.atomic
def call_publish(*, call: Call, actor: Any, now: datetime | None = None) -> Call:
    """Show the call to everyone. Sends no mail."""
    row = Call.objects.select_for_update().get(pk=call.pk)
    call_state_set(call=row, target=CallState.PUBLISHED, actor=actor, now=now or clock.now())
    transaction.on_commit(public_pages.changed)
    return row


@transaction.atomic
def call_withdraw(*, call: Call, actor: Any, now: datetime | None = None) -> Call:
    """Take the call off the site. Its applications stay; no new one can be handed in."""
    row = Call.objects.select_for_update().get(pk=call.pk)
    call_state_set(call=row, target=CallState.CLOSED, actor=actor, now=now or clock.now())
    transaction.on_commit(public_pages.changed)
    return row
