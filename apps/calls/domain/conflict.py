"""Conflicts of interest: declared, found and kept, entered by staff, recused, lifted.

A pair of reviewer and application has one that stands at most. A hard one that comes up takes the
place of a soft one; the soft one then ends without anybody having lifted it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.panel import panel_lock
from apps.calls.enums import ConflictGround, ConflictKind, ConflictSource, ReviewerState
from apps.calls.models import (
    Application,
    Call,
    ReviewAssignment,
    ReviewConflict,
    Reviewer,
    ReviewerTie,
)
from apps.calls.permissions import may_decide
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.panel import DECLARE, needs_ties
from apps.calls.selectors.panel_staff import access_conflict
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.core.text import clean_line, clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

#: What a reviewer declares: no conflict, or one of the kinds.
NONE = "none"
TIE_FIELDS = ("kind", "organization_name", "corporate_number", "domain", "since", "until")


def _add(
    *,
    reviewer: Reviewer,
    application: Application,
    kind: ConflictKind,
    source: ConflictSource,
    ground: ConflictGround,
    actor: Any,
    now: datetime,
    note: str = "",
    seen: bool = False,
) -> ReviewConflict:
    """Keep a conflict; the panel is locked, and one as strong does not stand."""
    held = ReviewConflict.objects.standing().filter(reviewer=reviewer, application=application)
    held.update(lifted_at=now, updated_at=now)
    row = ReviewConflict(
        reviewer=reviewer,
        application=application,
        kind=kind,
        source=source,
        ground=ground,
        note=note,
        created_by=actor,
        seen_at=now if seen else None,
    )
    row.full_clean()
    row.save()
    data = {"application": application.code, "kind": kind.value, "ground": ground.value}
    record(action=f"conflict.{source.value}", actor=actor, target=row, data=data)
    return row


def _standing(reviewer: Reviewer, application: Application) -> ReviewConflict | None:
    rows = ReviewConflict.objects.standing().filter(reviewer=reviewer, application=application)
    return rows.first()


@transaction.atomic
def conflicts_note(*, call: Call, now: datetime | None = None) -> list[ReviewConflict]:
    """Keep what is found now and not in the record yet, each once; returns those.

    They forbid already without it; here they become facts that staff see, and that stay when the
    reviewer leaves the employer again.
    """
    now = now or clock.now()
    call = panel_lock(call)
    new = [
        (pair, finding)
        for pair, finding in conflicts_of_call(call, today=clock.local_date(now)).items()
        if finding.stored is None
    ]
    reviewers = Reviewer.objects.in_bulk([who for (who, _what), _finding in new])
    applications = Application.objects.in_bulk([what for (_who, what), _finding in new])
    return [
        _add(
            reviewer=reviewers[who],
            application=applications[what],
            kind=finding.kind,
            source=finding.source,
            ground=finding.ground,
            actor=None,
            now=now,
        )
        for (who, what), finding in new
    ]


def conflicts_note_all(*, now: datetime | None = None) -> int:
    """``conflicts_note`` for every call under review; returns how many were new."""
    calls = Call.objects.filter(
        reviewers__removed_at__isnull=True,
        reviewers__state__in=(ReviewerState.INVITED, ReviewerState.ACCEPTED),
        results_published_at__isnull=True,
    ).distinct()
    return sum(len(conflicts_note(call=call, now=now)) for call in calls)


@transaction.atomic
def ties_state(
    *, reviewer: Reviewer, actor: User, ties: Sequence[Mapping[str, Any]], now: datetime | None = None
) -> Reviewer:
    """Keep what the reviewer says of the own ties (``TIE_FIELDS`` each); an empty list says "none".

    Rows that did not change stay as old as they are, so that what staff lifted stays lifted. What
    follows from them is found at once. Raises ``NotAllowed`` for others, ``ValidationError``.
    """
    now = now or clock.now()
    call = panel_lock(reviewer.call)
    row = _own(reviewer, actor)
    held = {tuple(getattr(tie, name) for name in TIE_FIELDS): tie for tie in row.ties.all()}
    kept = set()
    for values in ties:
        tie = ReviewerTie(reviewer=row, **{name: values.get(name, "") or _empty(name) for name in TIE_FIELDS})
        tie.organization_name = clean_line(tie.organization_name)
        key = tuple(getattr(tie, name) for name in TIE_FIELDS)
        if key not in held:
            tie.full_clean()
            tie.save()
        kept.add(key)
    gone = [tie for key, tie in held.items() if key not in kept]
    for tie in gone:
        tie.delete()
    row.ties_stated_at = now
    row.save(update_fields=["ties_stated_at", "updated_at"])
    data = {"call": call.code, "ties": len(kept), "removed": len(gone)}
    record(action="reviewer.ties", actor=actor, target=row, data=data)
    conflicts_note(call=call, now=now)
    return row


def _empty(name: str) -> Any:
    return None if name in ("since", "until") else ""


def _own(reviewer: Reviewer, actor: Any) -> Reviewer:
    row = Reviewer.objects.active().select_related("call").filter(pk=reviewer.pk).first()
    if row is None or row.user_id != actor.pk:
        raise NotFound(_("You do not review this call."))
    return row


def _locked_assignment(assignment: ReviewAssignment, actor: Any) -> ReviewAssignment:
    """The actor's own assignment as it is now, the panel locked; ``NotFound`` for everybody else."""
    call = panel_lock(assignment.reviewer.call)
    rows = ReviewAssignment.objects.present().filter(
        pk=assignment.pk, reviewer__user=actor, reviewer__state=ReviewerState.ACCEPTED
    )
    row = rows.select_related("reviewer", "application").first()
    if row is not None:
        row.reviewer.call = call
        finding = conflicts_of_call(call).get((row.reviewer_id, row.application_id))
        if finding is None or not finding.is_hard:
            return row
    raise NotFound(_("This application is not assigned to you."))


def _check_declared(kind: str, note: str) -> None:
    if kind not in (NONE, *ConflictKind.values):
        raise InvalidInput(_("Not kept."), fields={"kind": [_("Choose one.")]})
    if kind == ConflictKind.SOFT and not note:
        raise InvalidInput(_("Not kept."), fields={"note": [_("Write in a few words what it is.")]})
    if len(note) > 1000:
        raise InvalidInput(
            _("Not kept."),
            fields={"note": [_("Please shorten this to %(number)d characters.") % {"number": 1000}]},
        )


@transaction.atomic
def conflict_declare(
    *, assignment: ReviewAssignment, actor: User, kind: str, note: str = "", now: datetime | None = None
) -> ReviewAssignment:
    """Say ``none``, ``soft`` or ``hard`` before reading. Soft needs words, which staff read.

    Raises ``NotAllowed`` (code ``declare``) before the ties are stated, ``Conflict`` when it was declared
    already, ``InvalidInput``.
    """
    now = now or clock.now()
    row = _locked_assignment(assignment, actor)
    note = clean_text(note)
    if needs_ties(row.reviewer):
        raise NotAllowed(_("First state your own connections."), code=DECLARE)
    if row.declared_at is not None:
        raise Conflict(_("You have declared this already."), code="declared")
    _check_declared(kind, note)
    row.declared_at = now
    row.save(update_fields=["declared_at", "updated_at"])
    if kind == NONE:
        record(action="conflict.none", actor=actor, target=row, data={"application": row.application.code})
        return row
    _add(
        reviewer=row.reviewer,
        application=row.application,
        kind=ConflictKind(kind),
        source=ConflictSource.DECLARED,
        ground=ConflictGround.WORDS,
        actor=actor,
        note=note,
        now=now,
    )
    return row


@transaction.atomic
def conflict_recuse(
    *, assignment: ReviewAssignment, actor: User, reason: str, now: datetime | None = None
) -> ReviewConflict:
    """The reviewer steps back from one application: at once no access, and the review does not count.

    Raises ``InvalidInput`` without a reason, which only staff read.
    """
    row = _locked_assignment(assignment, actor)
    return _add(
        reviewer=row.reviewer,
        application=row.application,
        kind=ConflictKind.HARD,
        source=ConflictSource.RECUSED,
        ground=ConflictGround.WORDS,
        actor=actor,
        note=_reason(reason, "reason"),
        now=now or clock.now(),
    )


def _reason(text: str, field: str) -> str:
    words = clean_text(text)
    if not words:
        raise InvalidInput(_("Not kept."), fields={field: [_("Write the reason.")]})
    if len(words) > 1000:
        told = _("Please shorten this to %(number)d characters.") % {"number": 1000}
        raise InvalidInput(_("Not kept."), fields={field: [told]})
    return words


def _staff_only(actor: Any) -> None:
    if not may_decide(actor):
        raise NotAllowed(_("Only the city may do this."))


@transaction.atomic
def conflict_enter(
    *,
    reviewer: Reviewer,
    application: Application,
    actor: User,
    kind: str,
    note: str,
    now: datetime | None = None,
) -> ReviewConflict:
    """Staff know of a conflict. Raises ``Conflict`` when one as strong stands, ``InvalidInput``."""
    _staff_only(actor)
    panel_lock(reviewer.call)
    if application.call_id != reviewer.call_id:
        raise NotFound(_("This application belongs to another call."))
    words = _reason(note, "note")
    if kind not in ConflictKind.values:
        raise InvalidInput(_("Not kept."), fields={"kind": [_("Choose one.")]})
    held = _standing(reviewer, application)
    if held is not None and (held.kind == ConflictKind.HARD or kind != ConflictKind.HARD):
        raise Conflict(_("A conflict of interest is recorded for them already."), code="twice")
    return _add(
        reviewer=reviewer,
        application=application,
        kind=ConflictKind(kind),
        source=ConflictSource.STAFF,
        ground=ConflictGround.WORDS,
        actor=actor,
        note=words,
        now=now or clock.now(),
        seen=True,
    )


@transaction.atomic
def conflict_lift(
    *, conflict: ReviewConflict, actor: User, reason: str, now: datetime | None = None
) -> ReviewConflict:
    """Staff say that it is mistaken: the reviewer reads again, a review handed in counts again.

    What was found stays lifted until something new comes up on the same ground. Raises ``NotFound`` when
    it does not stand any more, ``InvalidInput`` without a reason.
    """
    now = now or clock.now()
    _staff_only(actor)
    call = panel_lock(conflict.reviewer.call)
    row = access_conflict(call=call, pk=conflict.pk)
    row.lifted_at, row.lifted_by, row.lift_reason = now, actor, _reason(reason, "reason")
    row.seen_at = row.seen_at or now
    row.full_clean()
    row.save(update_fields=["lifted_at", "lifted_by", "lift_reason", "seen_at", "updated_at"])
    data = {"application": row.application.code, "reason": row.lift_reason}
    record(action="conflict.lift", actor=actor, target=row, data=data)
    return row


@transaction.atomic
def conflicts_read(*, call: Call, actor: User, until: datetime, now: datetime | None = None) -> int:
    """Staff have read what was recorded until then; it leaves the work queue. Returns how many."""
    _staff_only(actor)
    rows = ReviewConflict.objects.standing().filter(
        reviewer__call=call, seen_at__isnull=True, created_at__lte=until
    )
    number = rows.update(seen_at=now or clock.now())
    if number:
        record(action="conflict.read", actor=actor, target=call, data={"number": number})
    return number
