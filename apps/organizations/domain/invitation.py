"""Inviting a person by mailed link."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.organizations.domain.organization import sign
from apps.organizations.models import Invitation, Membership, Organization
from apps.organizations.permissions import can_give_role, role_of
from apps.organizations.selectors import invitation_of, token_hash
from apps.outbox.domain import message_queue

if TYPE_CHECKING:
    from apps.accounts.models import User

LIFETIME = timedelta(days=14)
MOST_OPEN = 50


@transaction.atomic
def invitation_send(
    *,
    organization: Organization,
    actor: User,
    email: str,
    role: str,
    language: str = "ja",
    now: datetime | None = None,
) -> Invitation:
    """Invite ``email`` as ``role`` by mail in ``language``; an open invitation to it is replaced."""
    now = now or clock.now()
    email = email.strip().lower()
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if not can_give_role(role_of(actor, organization), role):
        raise NotAllowed(_("You cannot give this role."))
    if Membership.objects.filter(organization=organization, user__email=email).exists():
        raise InvalidInput(
            _("Not sent."), fields={"email": [_("This person belongs to the organization already.")]}
        )
    waiting = organization.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    if waiting.exclude(email=email).count() >= MOST_OPEN:
        raise Conflict(_("Too many invitations wait for an answer. Cancel some first."))
    waiting.filter(email=email).update(revoked_at=now, updated_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        organization=organization,
        email=email,
        role=role,
        token_hash=token_hash(token),
        invited_by=actor,
        expires_at=now + LIFETIME,
    )
    invitation.full_clean()
    invitation.save()
    _mail(invitation, actor, token, language)
    data = {"role": role}
    record(
        action="invitation.send", actor=actor, target=invitation, organization_id=organization.pk, data=data
    )
    return invitation


def _mail(invitation: Invitation, actor: User, token: str, language: str) -> None:
    with translation.override(language):
        path = reverse("organizations:invitation", args=[token])
    message_queue(
        to=invitation.email,
        language=language,
        template="organizations-invitation",
        context={"invitation": invitation, "inviter": actor, "path": path, **sign(language)},
    )


@transaction.atomic
def invitation_accept(*, token: str, actor: User, now: datetime | None = None) -> Membership:
    """Join with the link. It works once, until it expires, for the address it was sent to."""
    now = now or clock.now()
    invitation = Invitation.objects.select_for_update().get(pk=invitation_of(token).pk)
    if invitation.email != actor.email.lower():
        raise NotAllowed(_("This invitation was sent to another e-mail address."), code="other_address")
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= now:
        raise Conflict(_("This invitation is no longer valid. Please ask for a new one."), code="not_valid")
    membership, created = Membership.objects.get_or_create(
        organization=invitation.organization, user=actor, defaults={"role": invitation.role}
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at", "updated_at"])
    if created:
        record(
            action="membership.join",
            actor=actor,
            target=membership,
            organization_id=membership.organization_id,
            data={"role": membership.role},
        )
    return membership


@transaction.atomic
def invitation_revoke(*, invitation: Invitation, actor: User, now: datetime | None = None) -> Invitation:
    """Cancel an invitation that was not accepted; cancelling twice changes nothing."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not can_give_role(role_of(actor, row.organization), row.role):
        raise NotAllowed(_("Owners and managers of the organization can do this."))
    if row.accepted_at:
        raise Conflict(_("The person has joined already."))
    if row.revoked_at is None:
        row.revoked_at = now or clock.now()
        row.save(update_fields=["revoked_at", "updated_at"])
        record(action="invitation.revoke", actor=actor, target=row, organization_id=row.organization_id)
    return row
