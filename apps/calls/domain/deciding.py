"""The quiet decision: staff decide, a second member of staff signs, then all become final together.

Until they are final the applications do not change, and until the mails are released nobody outside
learns of anything. Every write asks for the version of the page it was made on.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.application import application_lock
from apps.calls.enums import ADOPTING, DECIDED_STATES, ApplicationState, Outcome
from apps.calls.models import Application, Call, Decision
from apps.calls.permissions import may_decide, may_sign
from apps.calls.rules.deciding import granted_start
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

REASON_LIMIT = 2000
NOTE_LIMIT = 5000
#: A granted amount is stored as a positive 32-bit number, a rank as a 16-bit one.
MOST = 2_000_000_000
MOST_RANK = 32_000
#: Outcomes under which a trial may come: they carry what is granted.
GRANTING = (*ADOPTING, Outcome.WAITLIST)
#: What a decision says; writing the same again changes nothing.
_SAYS = ("outcome", "reason", "conditions", "note", "granted_devices", "granted_messages", "rank")


def decision_lock(application: Application) -> Decision | None:
    """The decision on ``application`` as it is now, locked. Lock the application before."""
    return Decision.objects.select_for_update(of=("self",)).filter(application=application).first()


class Said(TypedDict, total=False):
    """What a decision says beside its outcome. Numbers that are None: what was asked for is granted."""

    reason: str
    conditions: str
    note: str
    granted_devices: int | None
    granted_messages: int | None
    rank: int | None


@transaction.atomic
def decision_save(
    *,
    application: Application,
    actor: User,
    version: int,
    outcome: str,
    now: datetime | None = None,
    **said: Unpack[Said],
) -> Decision | None:
    """Decide quietly; an empty ``outcome`` leaves it open again. The signature of an earlier one goes.

    ``version`` is that of the decision on the page (0: there was none): of two staff deciding at once
    the second gets ``Conflict`` (``code="changed"``). Refused with ``code="state"`` unless the
    application waits for a decision. None: it was open and stays so.
    """
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    row = application_lock(application)
    decision = decision_lock(row)
    if (decision.version if decision else 0) != version:
        raise Conflict(
            _("Someone else decided or signed meanwhile. What is kept stands below. Read it again."),
            code="changed",
        )
    if words := closed_words(row):
        raise Conflict(words, code="state")
    values = _checked(row, outcome, said)
    if decision is None and not outcome:
        return None
    if decision is not None and all(getattr(decision, name) == values[name] for name in _SAYS):
        return decision
    decision = decision or Decision(application=row, version=0)
    _write(decision, {**values, "decided_by": actor, "decided_at": now or clock.now()})
    return decision


def _write(decision: Decision, values: Mapping[str, Any]) -> None:
    """Keep the decision with the next version, unsigned, and record it."""
    before = decision.outcome
    for name, value in values.items():
        setattr(decision, name, value)
    decision.signed_by = decision.signed_at = None
    decision.version += 1
    decision.full_clean()
    decision.save()
    row = decision.application
    record(
        action="application.decide",
        actor=decision.decided_by,
        target=row,
        organization_id=row.organization_id,
        data={"from": before, "to": decision.outcome, "version": decision.version},
    )


def closed_words(row: Application) -> str:
    """Why nothing can be decided on ``row`` now; empty while it waits for a decision."""
    if row.state == ApplicationState.SUBMITTED:
        return ""
    if row.state == ApplicationState.WITHDRAWN:
        return _("The applicant withdrew this application.")
    if row.state == ApplicationState.RETURNED:
        return _("This application was sent back for correction. Decide when it is handed in again.")
    if row.state in DECIDED_STATES and not row.decision_is_told:
        return _("This decision is final. To change it, take it back first.")
    if row.state == ApplicationState.DRAFT:
        return _("This application is not handed in.")
    return _("This decision was told to the applicant. It cannot be changed here.")


def _checked(row: Application, outcome: str, said: Said) -> dict[str, Any]:
    """The values of a decision as they are stored; raises ``InvalidInput`` with all that is wrong."""
    texts = {
        "reason": clean_text(said.get("reason", "")),
        "conditions": clean_text(said.get("conditions", "")),
        "note": clean_text(said.get("note", "")),
    }
    faults = _text_faults(outcome, texts)
    if outcome and outcome not in Outcome.values:
        faults["outcome"] = [_("Choose one.")]
    granted = _granted(row, outcome, said)
    for name, value in granted.items():
        if value is not None and not 1 <= value <= MOST:
            faults[name] = [_("Write a number of 1 or more.")]
    rank = said.get("rank") if outcome == Outcome.WAITLIST else None
    if outcome == Outcome.WAITLIST and rank is None:
        faults["rank"] = [_("Write the place on the waiting list. The first moves up first.")]
    elif rank is not None and not 1 <= rank <= MOST_RANK:
        faults["rank"] = [_("Write a number of 1 or more.")]
    if faults:
        raise InvalidInput(_("The decision is not complete."), fields=faults)
    return {"outcome": outcome, **texts, **granted, "rank": rank}


def _granted(row: Application, outcome: str, said: Said) -> dict[str, int | None]:
    """What is granted: as typed, else as asked; nothing where no trial can come of it."""
    if outcome not in GRANTING:
        return {"granted_devices": None, "granted_messages": None}
    devices, messages = granted_start(
        devices=row.device_count,
        sensors=row.sensors,
        device_quota=row.call.device_quota,
        message_quota=row.call.message_quota,
    )
    typed = said.get("granted_devices"), said.get("granted_messages")
    return {
        "granted_devices": devices if typed[0] is None else typed[0],
        "granted_messages": messages if typed[1] is None else typed[1],
    }


def _text_faults(outcome: str, texts: Mapping[str, str]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if outcome in (Outcome.DECLINE, Outcome.WAITLIST) and not texts["reason"]:
        faults["reason"] = [_("Write the reason. The applicant reads it.")]
    if outcome == Outcome.CONDITIONS and not texts["conditions"]:
        faults["conditions"] = [_("Write the conditions. They stand in the letter and bind the trial.")]
    if len(texts["reason"]) > REASON_LIMIT:
        faults["reason"] = [_("Please shorten the reason to 2,000 characters.")]
    if len(texts["conditions"]) > REASON_LIMIT:
        faults["conditions"] = [_("Please shorten the conditions to 2,000 characters.")]
    if len(texts["note"]) > NOTE_LIMIT:
        faults["note"] = [_("Please shorten the note to 5,000 characters.")]
    return faults


@transaction.atomic
def decision_sign(*, decision: Decision, actor: User, version: int, now: datetime | None = None) -> Decision:
    """Sign as the second member of staff. Whoever decided cannot (``code="own"``); twice is once.

    ``version`` is that of the decision that was read: another one is ``Conflict`` (``code="changed"``).
    """
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    row = application_lock(decision.application)
    kept = decision_lock(row)
    if kept is None or not kept.outcome:
        raise Conflict(_("Nothing is decided on this application."), code="changed")
    if words := closed_words(row):
        raise Conflict(words, code="state")
    if kept.signed_by_id == actor.pk and kept.version == version + 1:
        return kept
    if kept.version != version:
        raise Conflict(_("It was changed or signed since you looked. Read it again."), code="changed")
    if kept.signed_by_id is not None:
        raise Conflict(_("It is signed already."), code="signed")
    if not may_sign(actor, kept):
        raise Conflict(_("Whoever decides does not sign. Another member of staff must."), code="own")
    kept.signed_by, kept.signed_at = actor, now or clock.now()
    kept.version += 1
    kept.full_clean()
    kept.save(update_fields=["signed_by", "signed_at", "version", "updated_at"])
    record(
        action="application.sign",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"outcome": kept.outcome, "version": kept.version},
    )
    return kept


@transaction.atomic
def decisions_sign(
    *, call: Call, versions: Mapping[uuid.UUID, int], actor: User, now: datetime | None = None
) -> int:
    """Sign several decisions of ``call`` by application, all or none; how many."""
    rows = Decision.objects.select_related("application").filter(
        application__call=call, application__in=list(versions)
    )
    found = {row.application_id: row for row in rows}
    if not versions:
        raise InvalidInput(_("Choose at least one."), fields={})
    if set(found) != set(versions):
        raise Conflict(_("Something was changed since you looked. Read it again."), code="changed")
    for key in sorted(found):
        try:
            decision_sign(decision=found[key], actor=actor, version=versions[key], now=now)
        except Conflict as error:
            words = {"code": found[key].application.code, "reason": error.message}
            raise Conflict(_("Nothing was signed. %(code)s: %(reason)s") % words, code=error.code) from error
    return len(found)


def scores_exported(*, call: Call, actor: User, kind: str, count: int) -> None:
    """Keep in the record that someone took the scores of ``call`` out: ``count`` rows as ``kind``."""
    record(action="decision.export", actor=actor, target=call, data={"kind": kind, "rows": count})
