"""確定: signed decisions become final together, all or none, with their letters and held mails.

No mail leaves here: staff release the batch afterwards. Until they do, decisions can be taken back.
Locks are taken in the order of every act on decisions: held mails, applications, decisions, the call.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.decision import application_decide, application_undecide, held_mails_of
from apps.calls.domain.mails import decision_batch, decision_mails_discard
from apps.calls.enums import DECIDED_STATES, ApplicationState, Outcome
from apps.calls.models import Application, Call, Decision
from apps.calls.permissions import may_decide
from apps.calls.selectors.deciding import final_problem
from apps.calls.selectors.phases import sealed_until
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed

if TYPE_CHECKING:
    from apps.accounts.models import User

Versions = Mapping[uuid.UUID, int]


@transaction.atomic
def decisions_publish(
    *, call: Call, versions: Versions, actor: User, now: datetime | None = None, comments: bool = False
) -> str:
    """Make the decisions of ``versions`` ({application: version of its decision}) final, all or none.

    Each must be signed and be what the page showed; otherwise ``Conflict`` says of each what stands in
    the way, and nothing happens. Letters get their numbers, mails are held; returns their batch.
    ``comments``: the mails bring what the reviewers wrote for the applicant.
    """
    now = now or clock.now()
    if comments and sealed_until(call, now):
        raise Conflict(_("Nobody reads what reviewers wrote before the sealed phase ends."), code="sealed")
    rows = _locked(call, versions, actor)
    decisions = _decisions(rows)
    faults = {
        row.code: words
        for row in rows
        if (words := final_problem(row, decisions.get(row.pk), versions[row.pk]))
    }
    faults |= _ranks(call, rows, decisions)
    if faults:
        raise _refusal(_("Nothing was made final."), faults)
    for row in rows:
        decision = decisions[row.pk]
        decision.published_by, decision.published_at = actor, now
        decision.version += 1
        decision.full_clean()
        decision.save(update_fields=["published_by", "published_at", "version", "updated_at"])
        application_decide(application=row, decision=decision, actor=actor, now=now, comments=comments)
    record(
        action="call.decisions_final",
        actor=actor,
        target=call,
        data={
            "decisions": len(rows),
            "outcomes": Counter(decisions[row.pk].outcome for row in rows),
            **({"comments": True} if comments else {}),
        },
    )
    return decision_batch(call.code)


@transaction.atomic
def decisions_take_back(*, call: Call, versions: Versions, actor: User, now: datetime | None = None) -> int:
    """Undo ``decisions_publish`` for ``versions`` while their mails are held; all or none. How many.

    The held mails are discarded and the letters void; the decisions are quiet again, as they were
    signed. After the release it is refused (``code="told"``).
    """
    now = now or clock.now()
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    mails = held_mails_of(call.code, list(versions))
    rows = _locked(call, versions, actor)
    decisions = _decisions(rows)
    faults = {}
    for row in rows:
        kept = decisions.get(row.pk)
        if row.decision_is_told:
            faults[row.code] = _("It was told to the applicant.")
        elif row.moved_up_at is not None:
            faults[row.code] = _("It moved up from the waiting list: its company was told of that.")
        elif row.state not in DECIDED_STATES or kept is None or kept.published_at is None:
            faults[row.code] = _("It is not final.")
        elif kept.version != versions[row.pk]:
            faults[row.code] = _("It was changed since you looked.")
    if faults:
        raise _refusal(_("Nothing was taken back."), faults)
    for row in rows:
        application_undecide(
            application=row,
            decision=decisions[row.pk],
            target=ApplicationState.SUBMITTED,
            actor=actor,
            now=now,
        )
    decision_mails_discard(mails=mails, actor=actor)
    record(action="call.decisions_back", actor=actor, target=call, data={"decisions": len(rows)})
    return len(rows)


def _locked(call: Call, versions: Versions, actor: User) -> list[Application]:
    """The applications of ``versions``, locked in one order; refuses strangers and other calls."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    if not versions:
        raise InvalidInput(_("Choose at least one."), fields={})
    rows = list(
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "created_by", "organization")
        .filter(pk__in=list(versions), call=call)
        .order_by("pk")
    )
    if len(rows) != len(versions):
        raise Conflict(_("Something was changed since you looked. Read it again."), code="changed")
    return rows


def _decisions(rows: list[Application]) -> dict[uuid.UUID, Decision]:
    found = Decision.objects.select_for_update(of=("self",)).filter(application__in=rows)
    return {row.application_id: row for row in found.order_by("application_id")}


def _ranks(call: Call, rows: list[Application], decisions: Mapping[uuid.UUID, Decision]) -> dict[str, str]:
    """Places on the waiting list that are given twice, with those that are final already."""
    mine = {
        row.code: decisions[row.pk].rank
        for row in rows
        if row.pk in decisions and decisions[row.pk].outcome == Outcome.WAITLIST
    }
    if not mine:
        return {}
    # One at a time: two that are made final at once must not take the same place.
    Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    waiting = Application.objects.filter(call=call, state=ApplicationState.WAITLISTED)
    taken = Counter([*mine.values(), *waiting.values_list("waitlist_rank", flat=True)])
    return {
        code: _("Place %(rank)s on the waiting list is given twice.") % {"rank": rank}
        for code, rank in mine.items()
        if taken[rank] > 1
    }


def _refusal(what: str, faults: Mapping[str, str]) -> Conflict:
    said = " ".join(f"{code}: {words}" for code, words in sorted(faults.items()))
    return Conflict(f"{what} {said}", code="changed", data={"refused": dict(faults)})
