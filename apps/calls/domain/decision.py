"""The city's decision: written by staff, told when they release its mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.application import application_lock
from apps.calls.domain.mails import (
    decision_mail,
    decision_mails_discard,
    held_decision_mails,
    told_applications,
)
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import DECIDED_STATES, ApplicationState
from apps.calls.models import Application, Call
from apps.core import clock, public_pages
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

REASON_LIMIT = 2000
#: A granted amount is stored as a positive 32-bit number.
MOST = 2_000_000_000


@transaction.atomic
def application_decide(
    *,
    application: Application,
    actor: User,
    version: int,
    adopt: bool,
    granted_devices: int | None = None,
    granted_messages: int | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Application:
    """Adopt or decline. One mail is held in the call's batch; nothing is told until it is released.

    Until then the decision may be replaced, and its mail with it. ``version`` is that of the page
    the decision was made on: of two staff deciding at once the second gets ``Conflict``
    (``code="changed"``). Declining needs a reason. Adopting without numbers grants the call's.
    """
    now = now or clock.now()
    mails = held_decision_mails(application)
    row = application_lock(application)
    if row.version != version:
        raise Conflict(
            _("Someone else changed or decided this application meanwhile. Read it again."), code="changed"
        )
    if row.decision_is_told:
        raise Conflict(_("This decision was told already. It cannot be changed here."), code="told")
    changes = _decision(row.call, adopt, granted_devices, granted_messages, reason)
    application_state_set(
        application=row,
        target=ApplicationState.ADOPTED if adopt else ApplicationState.DECLINED,
        actor=actor,
        changes={**changes, "decided_at": now, "decided_by": actor},
        data={name: changes[name] for name in ("granted_devices", "granted_messages")},
    )
    decision_mails_discard(mails=mails, actor=actor)
    decision_mail(row)
    return row


def _decision(
    call: Call, adopt: bool, devices: int | None, messages: int | None, reason: str
) -> dict[str, Any]:
    reason = clean_text(reason)
    faults: dict[str, list[str]] = {}
    if not adopt and not reason:
        faults["reason"] = [_("Write the reason. The applicant reads it.")]
    if len(reason) > REASON_LIMIT:
        faults["reason"] = [_("Please shorten the reason to 2,000 characters.")]
    granted = {
        "granted_devices": (devices if devices is not None else call.device_quota) if adopt else None,
        "granted_messages": (messages if messages is not None else call.message_quota) if adopt else None,
    }
    for name, value in granted.items():
        if value is not None and not 1 <= value <= MOST:
            faults[name] = [_("Write a number of 1 or more.")]
    if faults:
        raise InvalidInput(_("The decision is not complete."), fields=faults)
    return {**granted, "decision_reason": reason}


@transaction.atomic
def decisions_tell(*, batch: str, actor: Any, now: datetime | None = None) -> int:
    """Staff released the mails of ``batch``: their decisions are now told. Returns how many."""
    now = now or clock.now()
    rows = list(
        Application.objects.select_for_update(of=("self",)).filter(
            pk__in=told_applications(batch), state__in=DECIDED_STATES, decision_published_at=None
        )
    )
    if not rows:
        return 0
    for row in rows:
        row.decision_published_at = now
        row.version += 1
        row.save(update_fields=["decision_published_at", "version", "updated_at"])
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
