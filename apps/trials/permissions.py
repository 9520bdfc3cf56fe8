"""Who may do what with a trial: predicates without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.core.memo import remembered
from apps.organizations.enums import ENGINEERING_ROLES
from apps.organizations.models import Membership, Organization
from apps.trials.enums import Access
from apps.trials.models import Participant, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@remembered
def works_for(actor: User | Any, organization: Organization) -> bool:
    """The actor may change devices and keys of ``organization`` (owner, manager, engineer)."""
    if not actor.is_authenticated:
        return False
    return Membership.objects.filter(
        user=actor, organization=organization, role__in=ENGINEERING_ROLES
    ).exists()


@remembered
def manages_trial(actor: User | Any, trial: Trial, organization: Organization) -> bool:
    """``organization`` may manage ``trial`` and the actor may act for it."""
    shared = Participant.objects.filter(trial=trial, organization=organization, access=Access.MANAGE)
    return shared.exists() and works_for(actor, organization)
