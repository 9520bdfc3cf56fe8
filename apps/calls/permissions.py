"""Who may do what with an application: (actor, application) → bool. Staff decide; they do not write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from apps.calls.models import Application, Decision, JointApplicant
from apps.organizations.enums import ENGINEERING_ROLES, MANAGING_ROLES
from apps.organizations.models import Membership


def _has_role(actor: Any, application: Application, roles: Iterable[str]) -> bool:
    if application.organization_id is None:
        return False
    return Membership.objects.filter(
        user=actor, organization_id=application.organization_id, role__in=list(roles)
    ).exists()


def began(actor: Any, application: Application) -> bool:
    return bool(actor.is_authenticated) and application.created_by_id == actor.pk


def may_lead(actor: Any, application: Application) -> bool:
    """Who hands in and takes back, and invites partners: whoever began it, members of its
    organization who are not only viewers."""
    if not actor.is_authenticated:
        return False
    return began(actor, application) or _has_role(actor, application, ENGINEERING_ROLES)


def shares(actor: Any, application: Application) -> bool:
    """The actor confirmed as joint applicant, or answers for an organization that did."""
    if not actor.is_authenticated:
        return False
    managed = Membership.objects.filter(user=actor, role__in=MANAGING_ROLES).values("organization")
    return (
        JointApplicant.objects.filter(application=application)
        .confirmed()
        .filter(Q(user=actor) | Q(organization__in=managed))
        .exists()
    )


def may_write(actor: Any, application: Application) -> bool:
    """Who writes its answers: those who lead it, and its joint applicants."""
    return may_lead(actor, application) or shares(actor, application)


def may_answer(actor: Any, application: Application) -> bool:
    """Who answers for the company: whoever began it, its owners and managers."""
    if not actor.is_authenticated:
        return False
    return began(actor, application) or _has_role(actor, application, MANAGING_ROLES)


def may_decide(actor: Any, application: Application | None = None) -> bool:
    return bool(actor.is_authenticated and actor.is_staff)


def may_lead_or_decide(actor: Any, application: Application) -> bool:
    return may_lead(actor, application) or may_decide(actor, application)


def may_answer_or_decide(actor: Any, application: Application) -> bool:
    """Who ends an open answer: the company; the city once its time has passed."""
    return may_answer(actor, application) or may_decide(actor, application)


def may_move_up(actor: Any, application: Application) -> bool:
    """The waiting list moves by itself (no actor) or by the city."""
    return actor is None or may_decide(actor, application)


def may_sign(actor: Any, decision: Decision) -> bool:
    """Two people stand for a decision: whoever signs is not whoever decided."""
    return may_decide(actor) and decision.decided_by_id != actor.pk
