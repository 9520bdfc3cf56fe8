"""Writes of organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.domain import record
from apps.organizations.enums import Role
from apps.organizations.models import Membership, Organization

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def organization_create(
    *, actor: User, kind: str, name: str, name_kana: str = "", corporate_number: str = ""
) -> Organization:
    """A new organization with ``actor`` as its owner. One of the same number is neither shown nor joined."""
    organization = Organization(kind=kind, name=name, name_kana=name_kana, corporate_number=corporate_number)
    organization.full_clean()
    organization.save()
    membership = Membership(organization=organization, user=actor, role=Role.OWNER)
    membership.full_clean()
    membership.save()
    record(action="organization.create", actor=actor, target=organization, organization_id=organization.pk)
    return organization
