"""The states of calls and applications: one table each, and the only functions that write a state.

A state goes from ``source`` to ``target`` by whoever ``who`` lets. ``staff_word`` and ``public_word``
of the target are what staff and applicants read; a decision that was not told yet is read by its
applicant as ``submitted`` (``Application.public_state``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.enums import PUBLIC_WORDS, STAFF_WORDS, CallState
from apps.calls.enums import ApplicationState as A
from apps.calls.models import Application, Call
from apps.calls.permissions import (
    may_answer,
    may_answer_or_decide,
    may_decide,
    may_lead,
    may_lead_or_decide,
    may_move_up,
)
from apps.core.errors import Conflict, NotAllowed

Predicate = Callable[[Any, Application], bool]


@dataclass(frozen=True)
class Step:
    """One allowed change: ``action`` is its name in the record."""

    source: str
    target: str
    who: Predicate
    action: str

    @property
    def staff_word(self) -> str | Promise:
        return STAFF_WORDS[self.target]

    @property
    def public_word(self) -> str | Promise:
        return PUBLIC_WORDS[self.target]


APPLICATION_STEPS = (
    Step(A.DRAFT, A.SUBMITTED, may_lead, "application.submit"),
    Step(A.SUBMITTED, A.WITHDRAWN, may_lead, "application.withdraw"),
    # 差戻し: staff ask for a correction; the company hands in again, or staff take it as it was.
    Step(A.SUBMITTED, A.RETURNED, may_decide, "application.return"),
    Step(A.RETURNED, A.RETURNED, may_decide, "application.return"),
    Step(A.RETURNED, A.SUBMITTED, may_lead_or_decide, "application.submit"),
    Step(A.RETURNED, A.WITHDRAWN, may_lead, "application.withdraw"),
    Step(A.WITHDRAWN, A.DRAFT, may_lead, "application.reopen"),
    # 確定: signed decisions become final. Until they are told, staff may take them back and the
    # applicant may withdraw.
    Step(A.SUBMITTED, A.ADOPTED, may_decide, "application.adopt"),
    Step(A.SUBMITTED, A.WAITLISTED, may_decide, "application.waitlist"),
    Step(A.SUBMITTED, A.DECLINED, may_decide, "application.decline"),
    Step(A.ADOPTED, A.SUBMITTED, may_decide, "application.decision_back"),
    Step(A.WAITLISTED, A.SUBMITTED, may_decide, "application.decision_back"),
    Step(A.DECLINED, A.SUBMITTED, may_decide, "application.decision_back"),
    Step(A.ADOPTED, A.WITHDRAWN, may_lead, "application.withdraw"),
    Step(A.WAITLISTED, A.WITHDRAWN, may_lead, "application.withdraw"),
    Step(A.DECLINED, A.WITHDRAWN, may_lead, "application.withdraw"),
    # The waiting list: the first moves up by itself; staff end the list.
    Step(A.WAITLISTED, A.ADOPTED, may_move_up, "application.move_up"),
    Step(A.WAITLISTED, A.DECLINED, may_decide, "application.decline"),
    # After it was told, the company answers; staff end an answer that is overdue.
    Step(A.ADOPTED, A.ACCEPTED, may_answer, "application.accept"),
    Step(A.ADOPTED, A.TURNED_DOWN, may_answer_or_decide, "application.turn_down"),
)
_APPLICATION_TABLE = {(step.source, step.target): step for step in APPLICATION_STEPS}

CALL_STEPS = {
    (CallState.DRAFT, CallState.PUBLISHED): "call.publish",
    (CallState.PUBLISHED, CallState.CLOSED): "call.withdraw",
    (CallState.CLOSED, CallState.PUBLISHED): "call.publish",
}


def application_state_set(
    *,
    application: Application,
    target: str,
    actor: Any,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write a new state with the ``changes`` that belong to it, and record it.

    The row must be locked. In this order: the table, who may, the values, the record.
    Raises ``Conflict`` for a change that the table does not have and ``NotAllowed``.
    """
    step = _APPLICATION_TABLE.get((application.state, target))
    if step is None:
        raise Conflict(_("This cannot be done now: the application has moved on meanwhile."), code="state")
    if not step.who(actor, application):
        raise NotAllowed(_("You can read this application but not change it."))
    values = {**(changes or {}), "state": target, "version": application.version + 1}
    for name, value in values.items():
        setattr(application, name, value)
    application.full_clean()
    application.save(update_fields=[*values, "updated_at"])
    record(
        action=step.action,
        actor=actor,
        target=application,
        organization_id=application.organization_id,
        data={"from": step.source, "to": target, **(data or {})},
    )


def call_state_set(*, call: Call, target: CallState, actor: Any, now: datetime) -> None:
    """Write a call's new state and record it. The row must be locked; staff only."""
    action = CALL_STEPS.get((CallState(call.state), target))
    if action is None:
        raise Conflict(_("This cannot be done now: the call has moved on meanwhile."), code="state")
    if not (actor is None or (actor.is_authenticated and actor.is_staff)):
        raise NotAllowed(_("Only the city may change a call."))
    source, call.state = call.state, target
    if target == CallState.PUBLISHED and call.published_at is None:
        call.published_at = now
    # A call can be taken off the site whatever is wrong with its dates.
    call.full_clean() if target == CallState.PUBLISHED else call.clean_fields()
    call.save(update_fields=["state", "published_at", "updated_at"])
    record(action=action, actor=actor, target=call, data={"from": source, "to": target})
