"""What staff write of a trial, each kept as a version; and what follows a merge."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.core import clock
from apps.organizations.models import Organization
from apps.trials.domain.applying import (
    StateEdit,
    TrialEdit,
    trial_apply,
    trial_locked,
    version_add,
    version_ensure,
)
from apps.trials.enums import Access, ParticipantRole, QuotaKind, TrialState
from apps.trials.models import Participant, Trial, TrialChange, TrialQuota
from apps.trials.selectors.versions import snapshot

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def trial_edit(*, trial: Trial, actor: User | None, changes: dict[str, Any]) -> Trial:
    """Change what staff may edit (``EDITABLE``); raises ``InvalidInput`` with the fields."""
    return trial_apply(trial=trial, edit=TrialEdit(fields=changes), actor=actor)


@transaction.atomic
def quota_change(*, trial: Trial, kind: QuotaKind, granted: int, actor: User | None) -> TrialQuota:
    """Grant ``granted`` of ``kind`` to ``trial``; refused in words below what is in use."""
    trial_apply(trial=trial, edit=TrialEdit(quotas={kind: granted}), actor=actor)
    return TrialQuota.objects.get(trial=trial, kind=kind)


@transaction.atomic
def trial_set_state(
    *,
    trial: Trial,
    state: TrialState,
    actor: User | None,
    on: date | None = None,
    reason: str = "",
    version: int | None = None,
) -> Trial:
    """Pause a trial, end it early, withdraw it, or undo that, from the day ``on`` (default: today)."""
    if trial_locked(trial).state == state:
        return trial_locked(trial)
    edit = TrialEdit(state=StateEdit(state=state, on=on or clock.local_date(), reason=reason))
    return trial_apply(trial=trial, edit=edit, actor=actor, version=version)


@transaction.atomic
def organization_trials_move(*, keep: Organization, gone: Organization) -> None:
    """Trials, parts in trials and requests of ``gone`` become those of ``keep``.

    Where both took part in one trial, one part remains: the lead's, and the wider access. Each trial
    keeps a version of it.
    """
    touched = Participant.objects.filter(organization=gone).values("trial")
    trials = list(
        Trial.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=touched).order_by("pk")
    )
    for trial in trials:
        version_ensure(trial=trial)
    own = {row.trial_id: row for row in Participant.objects.select_for_update().filter(organization=keep)}
    for row in Participant.objects.select_for_update().filter(organization=gone):
        present = own.get(row.trial_id)
        if present is None:
            row.organization = keep
            row.save(update_fields=["organization", "updated_at"])
            continue
        row.delete()
        if ParticipantRole.LEAD in (row.role, present.role):
            present.role = ParticipantRole.LEAD
        if Access.MANAGE in (row.access, present.access):
            present.access = Access.MANAGE
        present.save(update_fields=["role", "access", "updated_at"])
    Trial.objects.filter(organization=gone).update(organization=keep)
    TrialChange.objects.filter(organization=gone).update(organization=keep)
    for trial in trials:
        version_add(trial=trial, kept=snapshot(trial), actor=None, now=clock.now())
