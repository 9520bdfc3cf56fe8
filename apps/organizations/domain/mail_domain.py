"""Mail domains that staff know to be of an organization, by which conflicts of interest are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.text import clean_line
from apps.organizations.models import OrganizationDomain
from apps.organizations.rules import clean_domain, is_domain, is_public

if TYPE_CHECKING:
    from apps.accounts.models import User


def checked_domain(typed: str) -> str:
    """``typed`` as a domain that can be somebody's own; raises ``ValidationError``."""
    domain = clean_domain(typed)
    if not is_domain(domain):
        raise ValidationError(_("Write a mail domain, for example mizube.co.jp."), code="domain")
    if is_public(domain):
        raise ValidationError(
            _("Everybody can have an address at %(domain)s. It belongs to no organization."),
            code="public",
            params={"domain": domain},
        )
    return domain


@transaction.atomic
def mail_domain_save(*, row: OrganizationDomain, actor: User | Any, delete: bool = False) -> None:
    """Mark a domain as the organization's, correct the mark, or take it away (``delete``).

    Reviewers with an address in it lose access to the organization's applications at once. Raises
    ``ValidationError``.
    """
    new = row._state.adding
    if not delete:
        row.domain, row.note = checked_domain(row.domain), clean_line(row.note)
        row.marked_by = actor
        row.full_clean()
        row.save()
    action = "domain.unmark" if delete else "domain.mark" if new else "domain.change"
    record(
        action=action,
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"domain": row.domain},
    )
    if delete:
        row.delete()
