"""Who may write a report, and who may publish one: predicates without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.permissions import works_for

if TYPE_CHECKING:
    from apps.accounts.models import User


def writes_report(actor: User | Any, trial: Trial, organization: Organization) -> bool:
    """Owner, manager and engineer of the trial's lead write; partners and viewers read."""
    return trial.organization_id == organization.pk and works_for(actor, organization)


def approves_reports(actor: User | Any) -> bool:
    """City staff publish reports and send them back."""
    return bool(actor is not None and actor.is_authenticated and actor.is_active and actor.is_staff)
