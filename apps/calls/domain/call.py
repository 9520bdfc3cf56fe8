"""Writes of calls: making and changing one, putting it on the site, taking it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.workflow import call_state_set
from apps.calls.enums import CallState
from apps.calls.models import Call
from apps.calls.selectors.call_staff import date_consequences
from apps.core import clock, public_pages
from apps.core.errors import Conflict, NotAllowed
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
    "guideline",
    "guideline_en",
)
#: What only the functions of this module write.
_COURSE = ("id", "created_at", "updated_at", "state", "published_at", "results_published_at")
EDITABLE = tuple(field.name for field in Call._meta.concrete_fields if field.name not in _COURSE)
#: What belongs to a call by choice; ``chosen`` of the writers holds their rows by these names.
CHOSEN = ("themes", "briefings")


def check_city(actor: Any) -> None:
    """Staff and the system only. Raises ``NotAllowed``."""
    if not (actor is None or (actor.is_authenticated and actor.is_staff)):
        raise NotAllowed(_("Only the city may change a call."))


def _clean(call: Call) -> None:
    for name in _LINES:
        setattr(call, name, clean_line(getattr(call, name)))
    for name in _TEXTS:
        setattr(call, name, clean_text(getattr(call, name)))
    call.full_clean()


def _choose(call: Call, chosen: Mapping[str, Iterable[Any]]) -> list[str]:
    """Set themes and briefings; the names of those that changed."""
    changed = []
    for name in CHOSEN:
        if name not in chosen:
            continue
        rows = list(chosen[name])
        relation = getattr(call, name)
        if {row.pk for row in rows} != set(relation.values_list("pk", flat=True)):
            relation.set(rows)
            changed.append(name)
    return changed


@transaction.atomic
def call_create(*, call: Call, actor: Any, chosen: Mapping[str, Iterable[Any]] | None = None) -> Call:
    """Keep a new call as a draft, with its themes and briefings. Raises ``ValidationError``."""
    check_city(actor)
    call.state = CallState.DRAFT
    _clean(call)
    call.save(force_insert=True)
    _choose(call, chosen or {})
    record(action="call.create", actor=actor, target=call)
    return call


@transaction.atomic
def call_update(
    *,
    call: Call,
    actor: Any,
    chosen: Mapping[str, Iterable[Any]] | None = None,
    confirmed: bool = False,
    now: datetime | None = None,
) -> Call:
    """Keep what was changed of ``call`` (an instance with new values).

    New dates of a published call must be ``confirmed`` by someone who read ``date_consequences``:
    else ``Conflict`` with them in its words. Raises ``ValidationError``.
    """
    check_city(actor)
    stored = Call.objects.select_for_update().get(pk=call.pk)
    _clean(call)
    told = date_consequences(stored, call, now)
    if told and not confirmed:
        raise Conflict(" ".join(told), code="unconfirmed")
    changed = [name for name in EDITABLE if getattr(stored, name) != getattr(call, name)]
    if changed:
        call.save(update_fields=[*changed, "updated_at"])
    changed += _choose(call, chosen or {})
    if changed:
        record(action="call.update", actor=actor, target=call, data={"fields": changed, "told": told})
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
