"""The people of every access test."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import User
from apps.organizations.enums import Role
from apps.organizations.models import Organization
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory


@dataclass(frozen=True)
class Cast:
    """``owner``, ``colleague`` (engineer) and ``reader`` (viewer) belong to ``organization``;
    ``stranger`` owns ``other``; ``staff`` and ``reviewer`` serve the city."""

    organization: Organization
    owner: User
    colleague: User
    reader: User
    other: Organization
    stranger: User
    reviewer: User
    staff: User


def make_cast() -> Cast:
    organization = OrganizationFactory.create(name="株式会社みずおと技研")
    other = OrganizationFactory.create(name="よその会社")
    people = {
        name: UserFactory.create(email=f"{name}@example.jp", name=name)
        for name in ("owner", "colleague", "reader", "stranger")
    }
    for name, role in (("owner", Role.OWNER), ("colleague", Role.ENGINEER), ("reader", Role.VIEWER)):
        MembershipFactory.create(organization=organization, user=people[name], role=role)
    MembershipFactory.create(organization=other, user=people["stranger"], role=Role.OWNER)
    return Cast(
        organization=organization,
        other=other,
        reviewer=UserFactory.create(email="reviewer@example.jp", is_reviewer=True),
        staff=UserFactory.create(email="staff@example.jp", is_staff=True, is_superuser=True),
        **people,
    )
