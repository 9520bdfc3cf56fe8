"""Changing roles, removing, leaving. An organization always keeps an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, NotAllowed, NotFound
from apps.organizations.enums import Role
from apps.organizations.models import Membership, Organization
from apps.organizations.permissions import can_change_member, can_give_role, role_of
from apps.organizations.selectors import owner_count

if TYPE_CHECKING:
    from apps.accounts.models import User


def _locked(membership: Membership) -> Membership:
    """The membership as it is now, its organization locked: owners are counted one at a time."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    row = Membership.objects.select_related("organization", "user").filter(pk=membership.pk).first()
    if row is None:
        raise NotFound(_("This person does not belong to the organization any more."))
    return row


def _keep_an_owner(membership: Membership) -> None:
    if membership.role == Role.OWNER and owner_count(membership.organization) == 1:
        raise Conflict(_("This is the only owner. Make another member an owner first."), code="last_owner")


@transaction.atomic
def membership_change_role(*, membership: Membership, actor: User, role: str) -> Membership:
    """Give a member another role."""
    row = _locked(membership)
    own_role = role_of(actor, row.organization)
    if not (can_change_member(own_role, row.role) and can_give_role(own_role, role)):
        raise NotAllowed(_("You cannot give this role."))
    if row.role == role:
        return row
    if role != Role.OWNER:
        _keep_an_owner(row)
    before, row.role = row.role, role
    row.full_clean()
    row.save(update_fields=["role", "updated_at"])
    record(
        action="membership.change_role",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"before": before, "after": role},
    )
    return row


@transaction.atomic
def membership_remove(*, membership: Membership, actor: User) -> None:
    """Remove a member, or leave when it is the own membership."""
    row = _locked(membership)
    if row.user_id != actor.pk and not can_change_member(role_of(actor, row.organization), row.role):
        raise NotAllowed(_("Owners and managers of the organization can do this."))
    _keep_an_owner(row)
    record(
        action="membership.leave" if row.user_id == actor.pk else "membership.remove",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"role": row.role},
    )
    row.delete()


@transaction.atomic
def membership_save(*, membership: Membership, actor: User | Any, delete: bool = False) -> None:
    """Staff set a person's role, or take them out (``delete``): help when no owner can do it."""
    new = membership._state.adding
    if delete:
        action = "membership.remove"
    else:
        membership.full_clean()
        membership.save()
        action = "membership.join" if new else "membership.change_role"
    record(
        action=action,
        actor=actor,
        target=membership,
        organization_id=membership.organization_id,
        data={"role": membership.role, "by": "staff"},
    )
    if delete:
        membership.delete()
