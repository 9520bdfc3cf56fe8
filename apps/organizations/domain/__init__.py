"""Writes of organizations: themselves, their people, invitations, asking an unknown owner."""

from __future__ import annotations

from apps.organizations.domain.invitation import invitation_accept, invitation_revoke, invitation_send
from apps.organizations.domain.mail_domain import checked_domain, mail_domain_save
from apps.organizations.domain.member import (
    membership_change_role,
    membership_remove,
    membership_save,
)
from apps.organizations.domain.merge import merge_problem, organization_merge
from apps.organizations.domain.organization import (
    contact_request,
    organization_change,
    organization_create,
    organization_save,
)
from apps.organizations.domain.ownership import ownership_hand_over

__all__ = [
    "checked_domain",
    "contact_request",
    "invitation_accept",
    "invitation_revoke",
    "invitation_send",
    "mail_domain_save",
    "membership_change_role",
    "membership_remove",
    "membership_save",
    "merge_problem",
    "organization_change",
    "organization_create",
    "organization_merge",
    "organization_save",
    "ownership_hand_over",
]
