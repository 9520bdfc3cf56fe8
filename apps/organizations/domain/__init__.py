"""Writes of organizations: themselves, their people, invitations, asking an unknown owner."""

from __future__ import annotations

from apps.organizations.domain.invitation import invitation_accept, invitation_revoke, invitation_send
from apps.organizations.domain.member import membership_change_role, membership_remove
from apps.organizations.domain.organization import contact_request, organization_change, organization_create

__all__ = [
    "contact_request",
    "invitation_accept",
    "invitation_revoke",
    "invitation_send",
    "membership_change_role",
    "membership_remove",
    "organization_change",
    "organization_create",
]
