"""The sample city itself, its people and organizations."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from apps.accounts.models import User
from apps.core.models import SiteSettings
from apps.organizations.models import Membership, Organization
from apps.portal.management.demo.fixture import Fixture


def load_site(fixture: Fixture) -> int:
    """The settings, unless someone saved some already."""
    if SiteSettings.objects.exists():
        return 0
    row = SiteSettings(**fixture.read("site"))
    row.full_clean()
    row.save()
    return 1


def load_people(fixture: Fixture) -> int:
    made = 0
    for row in fixture.read("people"):
        if User.objects.filter(email=row["email"]).exists():
            continue
        user = User.objects.create_user(**row)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        made += 1
    return made


def load_organizations(fixture: Fixture) -> int:
    made = 0
    for row in fixture.read("organizations"):
        if Organization.objects.filter(name=row["name"]).exists():
            continue
        texts = {name: row.get(name, "") for name in ("name", "name_kana", "kind", "corporate_number")}
        organization = Organization(**texts)
        organization.full_clean()
        organization.save()
        for email, role in row["members"].items():
            Membership.objects.create(organization=organization, user=fixture.people[email], role=role)
        made += 1
    return made
