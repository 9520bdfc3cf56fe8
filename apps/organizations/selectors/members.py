"""The doors to an organization, and what its pages show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.core.memo import remembered
from apps.organizations.enums import MANAGING_ROLES, Role
from apps.organizations.models import Invitation, Membership, Organization
from apps.organizations.permissions import can_change_member, can_engineer, can_manage_members, role_of

if TYPE_CHECKING:
    from apps.accounts.models import User


@remembered
def access_organization(
    *, actor: User | Any, pk: uuid.UUID, write: bool = False, manage: bool = False
) -> Organization:
    """The organization for ``actor``: strangers find nothing (404).

    ``write``: readers are refused (403); ``manage``: engineers too.
    """
    organization = Organization.objects.visible_to(actor).filter(pk=pk).first()
    if organization is None:
        raise NotFound(_("There is no such page."))
    if manage and not can_manage_members(actor, organization):
        raise NotAllowed(_("Owners and managers of the organization can do this."))
    if write and not can_engineer(actor, organization):
        raise NotAllowed(_("Owners, managers and engineers of the organization can do this."))
    return organization


def access_membership(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID) -> Membership:
    """A membership, for those who manage the organization or whose own it is."""
    owner = access_organization(actor=actor, pk=organization)
    membership = (
        Membership.objects.filter(organization=owner, pk=pk).select_related("user", "organization").first()
    )
    if membership is None:
        raise NotFound(_("There is no such page."))
    role = role_of(actor, owner)
    if membership.user_id != actor.pk and not can_change_member(role, membership.role):
        raise NotAllowed(_("Owners and managers of the organization can do this."))
    return membership


def access_handover(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID) -> Membership:
    """The membership that an owner hands the organization over to."""
    owner = access_organization(actor=actor, pk=organization)
    if role_of(actor, owner) != Role.OWNER:
        raise NotAllowed(_("Only an owner can hand the organization over."))
    return access_membership(actor=actor, organization=organization, pk=pk)


def access_invitation(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID) -> Invitation:
    """An invitation, for those who manage the organization."""
    owner = access_organization(actor=actor, pk=organization, manage=True)
    invitation = Invitation.objects.filter(organization=owner, pk=pk).select_related("organization").first()
    if invitation is None:
        raise NotFound(_("There is no such page."))
    return invitation


def token_hash(token: str) -> str:
    """What is kept of an invitation's link."""
    return sha256(token.encode()).hexdigest()


def invitation_of(token: str) -> Invitation:
    """The invitation behind a link; ``NotFound`` says nothing about what else exists."""
    rows = Invitation.objects.select_related("organization", "invited_by")
    invitation = rows.filter(token_hash=token_hash(token)).first()
    if invitation is None:
        raise NotFound(_("This invitation does not exist. Please check that the whole link was copied."))
    return invitation


def open_invitations(organization: Organization, now: datetime | None = None) -> list[Invitation]:
    """Invitations that wait for an answer; expired ones are not shown."""
    rows = organization.invitations.filter(accepted_at=None, revoked_at=None)
    return list(rows.filter(expires_at__gt=now or clock.now()).order_by("created_at"))


@dataclass(frozen=True)
class MemberRow:
    """A line of the list of members for one reader."""

    membership: Membership
    own: bool
    may_change: bool
    #: The reader is an owner and may hand the organization over to this member.
    may_own: bool


def member_rows(organization: Organization, actor: User | Any, role: str | None) -> list[MemberRow]:
    """Members in the order they came, with what ``actor`` (in ``role``) may do to each."""
    rows = organization.memberships.select_related("user").order_by("created_at")
    return [
        MemberRow(
            membership=row,
            own=row.user_id == actor.pk,
            may_change=row.user_id != actor.pk and can_change_member(role, row.role),
            may_own=role == Role.OWNER and row.role != Role.OWNER,
        )
        for row in rows
    ]


def managers_of(organization: Organization) -> list[User]:
    """Owners and managers, who get the organization's mail."""
    rows = organization.memberships.filter(role__in=MANAGING_ROLES, user__is_active=True)
    return [row.user for row in rows.select_related("user").order_by("created_at")]


def owner_count(organization: Organization) -> int:
    return organization.memberships.filter(role=Role.OWNER).count()


def greeting(name: str, now: datetime | None = None) -> str:
    """A greeting by name and time of day in Japan."""
    hour = (now or clock.now()).astimezone(clock.TOKYO).hour
    if not name:
        return pgettext("greeting", "Welcome")
    if 4 <= hour < 11:
        return pgettext("greeting", "Good morning, %(name)s") % {"name": name}
    if 11 <= hour < 18:
        return pgettext("greeting", "Hello, %(name)s") % {"name": name}
    return pgettext("greeting", "Good evening, %(name)s") % {"name": name}
