"""Handing an organization over: another member becomes owner and the owner steps down, in one act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, NotAllowed, NotFound
from apps.organizations.domain.organization import sign
from apps.organizations.enums import Role
from apps.organizations.models import Membership, Organization
from apps.outbox.domain import message_queue

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def ownership_hand_over(*, membership: Membership, actor: User) -> Membership:
    """Make the member owner and the actor, an owner, manager. Both get a mail, each in their language.

    Raises ``NotAllowed`` (the actor is no owner), ``NotFound`` (the member left) and ``Conflict`` (the
    member is owner already, cannot sign in, or is the actor).
    """
    organization = Organization.objects.select_for_update().get(pk=membership.organization_id)
    rows = {row.pk: row for row in organization.memberships.select_related("user")}
    own = next((row for row in rows.values() if row.user_id == actor.pk), None)
    if own is None or own.role != Role.OWNER:
        raise NotAllowed(_("Only an owner can hand the organization over."))
    new = rows.get(membership.pk)
    if new is None:
        raise NotFound(_("This person does not belong to the organization any more."))
    if new.role == Role.OWNER:
        raise Conflict(_("This person is an owner already."))
    if not new.user.is_active:
        raise Conflict(_("This person cannot sign in any more."))
    before = new.role
    for row, role in ((new, Role.OWNER), (own, Role.MANAGER)):
        row.role = role
        row.full_clean()
        row.save(update_fields=["role", "updated_at"])
    data = {"to": str(new.user_id), "before": before, "after": Role.MANAGER.value}
    record(
        action="organization.hand_over", actor=actor, target=new, organization_id=organization.pk, data=data
    )
    for person in (new.user, own.user):
        _mail(organization, person, new.user, own.user)
    return new


def _mail(organization: Organization, person: User, new: User, old: User) -> None:
    with translation.override(person.language):
        path = reverse("organizations:member-list", args=[organization.pk])
    context = {"organization": organization, "new": new, "old": old, "path": path, "own": person == new}
    message_queue(
        to=person.email,
        language=person.language,
        template="organizations-owner",
        user=person,
        context={**context, **sign(person.language)},
    )
