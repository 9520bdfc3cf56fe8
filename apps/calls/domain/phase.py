"""Writes of the phases of a review. They switch by the clock alone: no act begins or ends one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.audit.domain import record
from apps.calls.domain.call import check_city
from apps.calls.enums import SeeScores
from apps.calls.models import Call, ReviewPhase
from apps.calls.rules import day_time
from apps.calls.rules.phasing import proposed
from apps.calls.selectors.phases import consequences
from apps.calls.selectors.progress import progress_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line

#: What staff say of a phase.
SAID = (
    "name",
    "name_en",
    "starts_at",
    "ends_at",
    "may_score",
    "hide_applicant",
    "see_scores",
    "see_names",
    "sealed",
)
BLIND = gettext_noop("Blind scoring")
TALK = gettext_noop("Deliberation")


def call_lock(call: Call) -> Call:
    """The row of ``call``, locked for whoever changes its review; applications still come in."""
    return Call.objects.select_for_update(no_key=True).get(pk=call.pk)


@transaction.atomic
def phase_save(
    *,
    call: Call,
    actor: Any,
    values: Mapping[str, Any],
    phase: ReviewPhase | None = None,
    seen: datetime | None = None,
    confirmed: bool = False,
    now: datetime | None = None,
) -> ReviewPhase:
    """Add a phase to ``call``, or change ``phase`` as it was ``seen`` (its ``updated_at``).

    Raises ``InvalidInput`` for dates in the wrong order or in another phase's time, ``Conflict`` when it
    was changed meanwhile (``code="changed"``), or when it is under way and something is taken from
    people that was not ``confirmed`` (``code="unconfirmed"``, with what in its words).
    """
    check_city(actor)
    now = now or clock.now()
    call = call_lock(call)
    stored = _stored(call, phase, seen)
    row = ReviewPhase.objects.get(pk=stored.pk) if stored else ReviewPhase(call=call)
    for name in SAID:
        if name in values:
            setattr(row, name, values[name])
    row.name, row.name_en = clean_line(row.name), clean_line(row.name_en)
    _check(row)
    told = consequences(stored, row, progress_of(call, now).left, now) if stored else []
    if told and not confirmed:
        raise Conflict(" ".join(told), code="unconfirmed", data={"told": told})
    changed = [name for name in SAID if stored is None or getattr(stored, name) != getattr(row, name)]
    if changed:
        row.save()
        action = "review_phase.update" if stored else "review_phase.create"
        record(
            action=action, actor=actor, target=call, data={"phase": row.name, "fields": changed, "told": told}
        )
    return row


@transaction.atomic
def phase_remove(
    *, phase: ReviewPhase, actor: Any, confirmed: bool = False, now: datetime | None = None
) -> None:
    """Take a phase away; reviews stay. One under way asks to be ``confirmed``, as ``phase_save`` does."""
    check_city(actor)
    now = now or clock.now()
    call = call_lock(phase.call)
    stored = ReviewPhase.objects.filter(pk=phase.pk).first()
    if stored is None:
        return
    told = consequences(stored, None, progress_of(call, now).left, now)
    if told and not confirmed:
        raise Conflict(" ".join(told), code="unconfirmed", data={"told": told})
    record(
        action="review_phase.remove",
        actor=actor,
        target=call,
        data={
            "phase": stored.name,
            "from": str(stored.starts_at),
            "until": str(stored.ends_at),
            "told": told,
        },
    )
    stored.delete()


@transaction.atomic
def phases_propose(*, call: Call, actor: Any, now: datetime | None = None) -> list[ReviewPhase]:
    """Give a call without phases blind scoring and deliberation, from its dates. Twice is once.

    Raises ``Conflict`` (``code="no_time"``) when there is no room between closing and decision.
    """
    check_city(actor)
    now = now or clock.now()
    call = call_lock(call)
    kept = list(ReviewPhase.objects.filter(call=call))
    if kept:
        return kept
    pair = proposed(call.last_moment, call.decision_on, now)
    if pair is None:
        raise Conflict(
            _("There is no time for two phases before the decision. Add one by hand."), code="no_time"
        )
    blind = {"starts_at": pair.begins, "ends_at": pair.turns, "see_scores": SeeScores.NEVER}
    talk = {"starts_at": pair.turns, "ends_at": pair.ends, "see_scores": SeeScores.OWN, "see_names": True}
    return [
        phase_save(call=call, actor=actor, values={**_named(name), **values}, now=now)
        for name, values in ((BLIND, blind), (TALK, talk))
    ]


def _named(msgid: str) -> dict[str, str]:
    with translation.override("ja"):
        japanese = _(msgid)
    return {"name": japanese, "name_en": msgid}


def _stored(call: Call, phase: ReviewPhase | None, seen: datetime | None) -> ReviewPhase | None:
    if phase is None:
        return None
    stored = ReviewPhase.objects.filter(pk=phase.pk, call=call).first()
    if stored is None:
        raise Conflict(_("Someone took this phase away meanwhile."), code="changed")
    if seen is not None and stored.updated_at != seen:
        raise Conflict(
            _("Someone changed this phase meanwhile. What is kept stands above. Read it again."),
            code="changed",
        )
    return stored


def _check(row: ReviewPhase) -> None:
    """The order of the dates and the other phases in words, before the database refuses them."""
    try:
        row.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(_("The phase is not complete."), fields=error.message_dict) from error
    if row.ends_at <= row.starts_at:
        raise InvalidInput(
            _("The phase is not complete."), fields={"ends_at": [_("The phase must end after it begins.")]}
        )
    others = ReviewPhase.objects.filter(call=row.call, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at)
    if found := others.exclude(pk=row.pk).order_by("starts_at").first():
        words = _("“%(name)s” lies in this time, from %(start)s until %(end)s. Phases cannot overlap.") % {
            "name": found.localized("name", translation.get_language() or "ja"),
            "start": day_time(found.starts_at),
            "end": day_time(found.ends_at),
        }
        field = "starts_at" if found.starts_at <= row.starts_at else "ends_at"
        raise InvalidInput(_("The phases overlap."), fields={field: [words]})
