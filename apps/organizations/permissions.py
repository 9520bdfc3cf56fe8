"""Who may do what in an organization. City staff may look; they act in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.core.memo import remembered
from apps.organizations.enums import ENGINEERING_ROLES, MANAGING_ROLES, Role
from apps.organizations.models import Membership, Organization

if TYPE_CHECKING:
    from apps.accounts.models import User


@remembered
def role_of(actor: User | Any, organization: Organization) -> str | None:
    """The actor's role in ``organization``; None for others."""
    if not actor.is_authenticated:
        return None
    roles = Membership.objects.filter(organization=organization, user=actor).values_list("role", flat=True)
    return roles.first()


def can_view(actor: User | Any, organization: Organization) -> bool:
    """Members, and city staff."""
    return bool(actor.is_authenticated and actor.is_staff) or role_of(actor, organization) is not None


def can_engineer(actor: User | Any, organization: Organization) -> bool:
    """Owners, managers and engineers: devices and keys."""
    return role_of(actor, organization) in ENGINEERING_ROLES


def can_manage_members(actor: User | Any, organization: Organization) -> bool:
    """Owners and managers: people, the organization's own details."""
    return role_of(actor, organization) in MANAGING_ROLES


def can_give_role(actor_role: str | None, role: str) -> bool:
    """Only owners make owners; managers give every other role."""
    if role == Role.OWNER:
        return actor_role == Role.OWNER
    return actor_role in MANAGING_ROLES


def can_change_member(actor_role: str | None, member_role: str) -> bool:
    """Only owners change or remove owners."""
    return can_give_role(actor_role, member_role)
