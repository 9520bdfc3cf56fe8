from __future__ import annotations

import factory

from apps.organizations.enums import OrganizationKind, Role
from apps.organizations.models import Membership, Organization
from tests.factories.people import UserFactory


class OrganizationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organization

    kind = OrganizationKind.CORPORATION
    name = factory.Sequence(lambda n: f"会社{n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.OWNER
