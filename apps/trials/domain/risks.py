"""Risks of a trial, told beforehand: what may go wrong, whom and how far it would touch, what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line, clean_text
from apps.trials.domain.keeping import checked, locked, room_for_one, unchanged
from apps.trials.enums import Degree, RiskState
from apps.trials.models import Risk, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: From which states each may be reached: what happened did happen.
TRANSITIONS: dict[RiskState, tuple[RiskState, ...]] = {
    RiskState.OPEN: (RiskState.CLOSED,),
    RiskState.HAPPENED: (RiskState.OPEN, RiskState.CLOSED),
    RiskState.CLOSED: (RiskState.OPEN, RiskState.HAPPENED),
}


@transaction.atomic
def risk_save(
    *,
    trial: Trial,
    actor: User,
    title: str,
    scope: str,
    likelihood: int = Degree.LOW,
    effect: int = Degree.LOW,
    measure: str = "",
    risk: Risk | None = None,
    seen: str = "",
) -> Risk:
    """Keep a new or changed risk. ``seen``: the row's ``updated_at`` in the form that was filled in.

    Raises ``InvalidInput`` with fields, ``Conflict`` when another was faster or there are too many.
    """
    trial = locked(trial)
    if risk is None:
        room_for_one(Risk.objects.filter(trial=trial))
        row = Risk(trial=trial, author=actor)
    else:
        row = Risk.objects.select_for_update().get(pk=risk.pk, trial=trial)
        unchanged(row, seen)
    row.title, row.scope, row.measure = clean_line(title), clean_text(scope), clean_text(measure)
    row.likelihood, row.effect = likelihood, effect
    if not row.scope:
        words = _("Write whom it would touch and how far, even if only yourself.")
        raise InvalidInput(_("Some values cannot be accepted."), fields={"scope": [words]})
    checked(row)
    row.save()
    _written(row, actor, "trial.risk_save")
    return row


@transaction.atomic
def risk_set_state(*, risk: Risk, state: RiskState, actor: User) -> Risk:
    """Say that a risk happened, is over, or may happen again; the only writer of ``state``."""
    row = Risk.objects.select_for_update().select_related("trial").get(pk=risk.pk)
    if row.state == state:
        return row
    if RiskState(row.state) not in TRANSITIONS[state]:
        raise Conflict(_("What happened stays in the record. Say that it is over instead."))
    row.state = state
    row.save(update_fields=["state", "updated_at"])
    _written(row, actor, "trial.risk_state")
    return row


def _written(row: Risk, actor: User, action: str) -> None:
    record(
        action=action,
        actor=actor,
        target=row.trial,
        organization_id=row.trial.organization_id,
        data={"risk": str(row.pk), "title": row.title, "state": str(row.state)},
    )
