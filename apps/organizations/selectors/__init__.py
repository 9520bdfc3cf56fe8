"""The doors to an organization, what its pages show, and what merging needs to know."""

from __future__ import annotations

from apps.organizations.selectors.doubles import kept_instead_of
from apps.organizations.selectors.members import (
    MemberRow,
    access_handover,
    access_invitation,
    access_membership,
    access_organization,
    greeting,
    invitation_of,
    managers_of,
    member_rows,
    open_invitations,
    owner_count,
    token_hash,
)

__all__ = [
    "MemberRow",
    "access_handover",
    "access_invitation",
    "access_membership",
    "access_organization",
    "greeting",
    "invitation_of",
    "kept_instead_of",
    "managers_of",
    "member_rows",
    "open_invitations",
    "owner_count",
    "token_hash",
]
