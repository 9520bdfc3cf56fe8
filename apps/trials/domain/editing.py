"""What staff write of a trial: texts, places, state; and what follows a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import public_pages
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.trials.enums import Access, ParticipantRole, TrialState
from apps.trials.models import Participant, Site, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


#: From which states each may be reached. Whether a trial runs follows from its dates.
TRANSITIONS: dict[TrialState, tuple[TrialState, ...]] = {
    TrialState.STOPPED: (TrialState.ACTIVE,),
    TrialState.ACTIVE: (TrialState.STOPPED,),
}


#: What staff may edit; ``title`` and ``summary`` are the company's words, corrected on its request.
EDITABLE = ("title", "title_en", "summary", "summary_en", "starts_on", "ends_on", "is_public")


@transaction.atomic
def trial_edit(*, trial: Trial, actor: User | None, changes: dict[str, Any]) -> Trial:
    """Change what staff may edit (``EDITABLE``); raises ``InvalidInput`` with the fields."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    changed = [name for name, value in changes.items() if getattr(trial, name) != value]
    for name in changed:
        setattr(trial, name, changes[name])
    return _save(trial, actor, changed) if changed else trial


def _save(trial: Trial, actor: User | None, changed: list[str]) -> Trial:
    try:
        trial.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None
    trial.save(update_fields=[*changed, "updated_at"])
    record(
        action="trial.edit",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"fields": sorted(changed)},
    )
    transaction.on_commit(public_pages.changed)
    return trial


@transaction.atomic
def site_save(*, site: Site, actor: User | None) -> Site:
    """Keep a new or changed place of a trial."""
    site.name = clean_line(site.name)
    site.full_clean()
    site.save()
    record(
        action="trial.site_save",
        actor=actor,
        target=site.trial,
        organization_id=site.trial.organization_id,
        data={"site": str(site.pk), "precision": site.precision},
    )
    transaction.on_commit(public_pages.changed)
    return site


@transaction.atomic
def site_remove(*, site: Site, actor: User | None) -> None:
    """Take a place from its trial."""
    record(
        action="trial.site_remove",
        actor=actor,
        target=site.trial,
        organization_id=site.trial.organization_id,
        data={"site": str(site.pk)},
    )
    site.delete()
    transaction.on_commit(public_pages.changed)


@transaction.atomic
def trial_set_state(*, trial: Trial, state: TrialState, actor: User | None) -> Trial:
    """Stop a trial early, or undo that; the only writer of ``state``."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if trial.state == state:
        return trial
    if TrialState(trial.state) not in TRANSITIONS[state]:
        raise Conflict(_("This trial cannot be changed that way any more."))
    before, trial.state = trial.state, state
    trial.save(update_fields=["state", "updated_at"])
    record(
        action="trial.state",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"from": str(before), "to": str(state)},
    )
    transaction.on_commit(public_pages.changed)
    return trial


@transaction.atomic
def organization_trials_move(*, keep: Organization, gone: Organization) -> None:
    """Trials and parts in trials of ``gone`` become those of ``keep``.

    Where both took part in one trial, one part remains: the lead's, and the wider access.
    """
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
