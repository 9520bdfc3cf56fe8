"""A decision that became final: written to its application, told when staff release its mail."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from apps.audit.domain import record
from apps.calls.domain.answering import dues_of
from apps.calls.domain.letter import letters_tell, letters_void
from apps.calls.domain.mails import decision_batch, decision_mail, told_applications
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import DECIDED_STATES, ApplicationState, Outcome
from apps.calls.models import Application, Call, Decision
from apps.core import clock, public_pages
from apps.outbox.enums import MessageState
from apps.outbox.models import Message

if TYPE_CHECKING:
    from apps.accounts.models import User

_STATES = {
    Outcome.ADOPT: ApplicationState.ADOPTED,
    Outcome.CONDITIONS: ApplicationState.ADOPTED,
    Outcome.WAITLIST: ApplicationState.WAITLISTED,
    Outcome.DECLINE: ApplicationState.DECLINED,
}
#: What a decision wrote on its application, as it is without one.
UNDECIDED: dict[str, Any] = {
    "decided_at": None,
    "decided_by": None,
    "decision_reason": "",
    "granted_devices": None,
    "granted_messages": None,
    "conditions": "",
    "waitlist_rank": None,
}


@transaction.atomic
def application_decide(
    *, application: Application, decision: Decision, actor: User, now: datetime, comments: bool = False
) -> Application:
    """Write a final decision on its application: both locked. Its mails are held in the call's batch.

    Whether it may be made final is asked before (``domain.publishing``). ``comments``: the mails bring
    what the reviewers wrote for the applicant.
    """
    binds = decision.outcome in (Outcome.CONDITIONS, Outcome.WAITLIST)
    granted = {name: getattr(decision, name) for name in ("granted_devices", "granted_messages")}
    application_state_set(
        application=application,
        target=_STATES[Outcome(decision.outcome)],
        actor=actor,
        changes={
            "decided_at": decision.decided_at,
            "decided_by": decision.decided_by,
            "decision_reason": decision.reason,
            "conditions": decision.conditions if binds else "",
            "waitlist_rank": decision.rank,
            **granted,
        },
        data={**granted, "outcome": decision.outcome},
    )
    decision_mail(application, actor=actor, now=now, comments=comments)
    return application


def application_undecide(
    *,
    application: Application,
    decision: Decision | None,
    target: ApplicationState,
    actor: Any,
    now: datetime,
) -> None:
    """Take a final decision that was not told off its application, which goes on as ``target``.

    Both locked; the caller discards the held mails. The decision is quiet again, signed as it was; the
    letter that nobody was told of is void.
    """
    letters_void(application=application, actor=actor, now=now)
    application_state_set(application=application, target=target, actor=actor, changes=UNDECIDED)
    if decision is not None and decision.published_at is not None:
        decision.published_by = decision.published_at = None
        decision.version += 1
        decision.save(update_fields=["published_by", "published_at", "version", "updated_at"])


def held_mails_of(call_code: str, applications: Sequence[uuid.UUID]) -> list[Message]:
    """The held decision mails of several applications, locked; lock them before the applications."""
    mine = Q()
    for pk in applications:
        mine |= Q(dedupe_key__contains=f":{pk}:")
    if not mine:
        return []
    rows = Message.objects.select_for_update().filter(
        mine,
        state=MessageState.HELD,
        batch=decision_batch(call_code),
        dedupe_key__startswith="calls-decision-",
    )
    return list(rows.order_by("pk"))


@transaction.atomic
def decisions_tell(*, batch: str, actor: Any, now: datetime | None = None) -> int:
    """Staff released the mails of ``batch``: their decisions are now told. Returns how many.

    An adopted company has until the moment that its letter names; ``Conflict`` (``code="stale"``) when
    too little of that time would be left: then nothing is told and no mail leaves.
    """
    now = now or clock.now()
    rows = list(
        Application.objects.select_for_update(of=("self",))
        .select_related("call")
        .filter(pk__in=told_applications(batch), state__in=DECIDED_STATES, decision_published_at=None)
        .order_by("pk")
    )
    if not rows:
        return 0
    dues = dues_of(rows, now)
    letters_tell(applications=[row.pk for row in rows], now=now)
    for row in rows:
        row.decision_published_at = now
        row.version += 1
        if row.state == ApplicationState.ADOPTED:
            row.answer_due_at = dues[row.pk]
        row.save(update_fields=["decision_published_at", "answer_due_at", "version", "updated_at"])
        record(
            action="application.decision_told",
            actor=actor,
            target=row,
            organization_id=row.organization_id,
            data={"state": row.state},
        )
    Call.objects.filter(pk__in={row.call_id for row in rows}, results_published_at=None).update(
        results_published_at=now
    )
    transaction.on_commit(public_pages.changed)
    return len(rows)
