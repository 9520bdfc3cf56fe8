"""Making and changing an organization; asking the owner of a number."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import NotAllowed
from apps.core.site import site_settings
from apps.core.text import clean_line
from apps.core.validators import clean_corporate_number
from apps.organizations.enums import Role
from apps.organizations.models import Membership, Organization
from apps.organizations.permissions import can_manage_members
from apps.organizations.selectors import managers_of
from apps.outbox.domain import message_queue

if TYPE_CHECKING:
    from apps.accounts.models import User


def sign(language: str) -> dict[str, str]:
    """Who writes: for the last lines of a mail."""
    site = site_settings()
    return {
        **{name: site.localized(name, language) for name in ("site_name", "city_name", "department")},
        "contact_email": site.contact_email,
        "base_url": settings.BASE_URL,
    }


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


@transaction.atomic
def organization_change(
    *, organization: Organization, actor: User, name: str, name_kana: str = "", website: str = ""
) -> Organization:
    """Owners and managers change name and website; kind and corporate number stay as the city knows them."""
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if not can_manage_members(actor, organization):
        raise NotAllowed(_("Owners and managers of the organization can do this."))
    before = {"name": organization.name, "name_kana": organization.name_kana, "website": organization.website}
    organization.name, organization.name_kana = clean_line(name), clean_line(name_kana)
    organization.website = website.strip()
    organization.full_clean()
    organization.save(update_fields=["name", "name_kana", "website", "updated_at"])
    record(
        action="organization.change",
        actor=actor,
        target=organization,
        organization_id=organization.pk,
        data={"before": before},
    )
    return organization


def _once_a_day(actor: User, organization: Organization, manager: User) -> str:
    parts = f"{clock.local_date()} {actor.pk} {organization.pk} {manager.pk}"
    return f"contact-{sha256(parts.encode()).hexdigest()}"


@transaction.atomic
def contact_request(*, actor: User, corporate_number: str) -> None:
    """Ask the owners of ``corporate_number`` to invite ``actor``. Nothing tells whether there are any.

    A person asks an organization at most once a day. Raises ``ValidationError`` for a wrong number.
    """
    number = clean_corporate_number(corporate_number)
    organizations = (
        Organization.objects.present().filter(corporate_number=number).exclude(memberships__user=actor)
    )
    for organization in organizations:
        for manager in managers_of(organization):
            message_queue(
                to=manager.email,
                language=manager.language,
                template="organizations-contact",
                context={"organization": organization, "person": actor, **sign(manager.language)},
                user=manager,
                dedupe_key=_once_a_day(actor, organization, manager),
            )
    record(action="organization.ask", actor=actor, data={"corporate_number": number})


@transaction.atomic
def organization_save(*, organization: Organization, actor: User | Any, changed: list[str]) -> Organization:
    """Staff add or correct an organization; raises ``ValidationError``."""
    new = organization._state.adding
    if organization.corporate_number:
        organization.corporate_number = clean_corporate_number(organization.corporate_number)
    organization.full_clean()
    organization.save()
    record(
        action="organization.create" if new else "organization.change",
        actor=actor,
        target=organization,
        organization_id=organization.pk,
        data={"fields": changed},
    )
    return organization
