"""Who may do what with an application: (actor, application) → bool. Staff decide; they do not write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.calls.models import Application
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


def may_write(actor: Any, application: Application) -> bool:
    """Whoever began it, and members of its organization who are not only viewers."""
    if not actor.is_authenticated:
        return False
    return began(actor, application) or _has_role(actor, application, ENGINEERING_ROLES)


def may_answer(actor: Any, application: Application) -> bool:
    """Who answers for the company: whoever began it, its owners and managers."""
    if not actor.is_authenticated:
        return False
    return began(actor, application) or _has_role(actor, application, MANAGING_ROLES)


def may_decide(actor: Any, application: Application | None = None) -> bool:
    return bool(actor.is_authenticated and actor.is_staff)


def may_write_or_decide(actor: Any, application: Application) -> bool:
    return may_write(actor, application) or may_decide(actor, application)
