"""Joint applicants: inviting by mailed link, confirming, declining, leaving, removing.

A partner who confirmed reads and writes the application; handing in, taking back and answering stay
with the lead. The link's secret is kept only as a hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.application import application_lock
from apps.calls.domain.joint_mails import (
    answered_mail,
    forwarded_mail,
    invitation_mail,
    partner_mails_discard,
    removed_mail,
)
from apps.calls.domain.locking import application_lock_with_mails
from apps.calls.domain.mails import decision_mail
from apps.calls.enums import DECIDED_STATES, ApplicationState
from apps.calls.enums import JointState as J
from apps.calls.models import Application, JointApplicant
from apps.calls.permissions import may_lead, shares
from apps.calls.selectors.applications import organizations_of
from apps.calls.selectors.joint import MOST, access_joint, access_joint_link, is_live, takes_partners
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.rates import rate_hit
from apps.core.text import clean_line
from apps.core.tokens import new_token
from apps.organizations.domain import organization_create

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.organizations.models import Organization

LIFETIME = timedelta(days=30)
#: Mails with links in a day: from one person, to one address.
FROM_ONE, TO_ONE, DAY = 40, 5, 86_400

#: (from, to) → name in the record. Removing ends a part in any state; it is no state of its own.
JOINT_STEPS = {
    (J.INVITED, J.INVITED): "joint.resend",
    (J.DECLINED, J.INVITED): "joint.resend",
    (J.INVITED, J.CONFIRMED): "joint.confirm",
    (J.INVITED, J.DECLINED): "joint.decline",
    (J.CONFIRMED, J.DECLINED): "joint.leave",
}


def joint_state_set(*, joint: JointApplicant, target: J, actor: Any, changes: Mapping[str, Any]) -> None:
    """Write a partner's state and record it; the application must be locked. Raises ``Conflict``."""
    source = J(joint.state)
    action = JOINT_STEPS.get((source, target))
    if action is None:
        raise Conflict(_("This joint applicant has answered already."), code="state")
    values = {**changes, "state": target}
    for name, value in values.items():
        setattr(joint, name, value)
    joint.full_clean()
    joint.save(update_fields=[*values, "updated_at"])
    record(
        action=action,
        actor=actor,
        target=joint,
        organization_id=joint.application.organization_id,
        data={"application": joint.application.code, "from": source.value, "to": target.value},
    )


def _lead_only(application: Application, actor: Any) -> None:
    if not may_lead(actor, application):
        raise NotAllowed(_("Only the lead applicant can do this."))


def _open_for_partners(application: Application, now: datetime) -> None:
    """Partners are invited while the answers may still be handed in or corrected."""
    if not takes_partners(application, now):
        raise Conflict(_("Joint applicants can no longer be added to this application."), code="closed")


def _allow_mail(actor: User, email: str) -> None:
    allowed = rate_hit(name="joint-from", who=str(actor.pk), limit=FROM_ONE, seconds=DAY)
    if not (allowed and rate_hit(name="joint-to", who=email, limit=TO_ONE, seconds=DAY)):
        raise Conflict(_("Too many links were sent today. Please try again tomorrow."), code="rate_limited")


def _check_new(row: Application, actor: User, email: str) -> None:
    partners = JointApplicant.objects.present().filter(application=row)
    if email in {actor.email.lower(), row.created_by.email.lower()}:
        raise InvalidInput(_("Not sent."), fields={"email": [_("This is the applicant’s own address.")]})
    if partners.filter(email=email).exists():
        raise InvalidInput(_("Not sent."), fields={"email": [_("This address was invited already.")]})
    if partners.count() >= MOST:
        raise Conflict(_("An application has at most 10 joint applicants."), code="full")


@transaction.atomic
def joint_invite(
    *,
    application: Application,
    actor: User,
    org_name: str,
    contact_name: str = "",
    email: str,
    language: str = "ja",
    now: datetime | None = None,
) -> JointApplicant:
    """Add a partner and mail the link at once, in ``language``.

    Raises ``NotAllowed`` for others than the lead, ``Conflict`` when closed, full or too often, and
    ``InvalidInput`` for the applicant's own address or one that was invited already.
    """
    now = now or clock.now()
    row = application_lock(application)
    _lead_only(row, actor)
    _open_for_partners(row, now)
    email = email.strip().lower()
    _check_new(row, actor, email)
    _allow_mail(actor, email)
    token, hashed = new_token()
    joint = JointApplicant(
        application=row,
        org_name=clean_line(org_name),
        contact_name=clean_line(contact_name),
        email=email,
        language=language,
        token_hash=hashed,
        invited_by=actor,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    joint.full_clean()
    joint.save()
    data = {"application": row.code}
    record(action="joint.invite", actor=actor, target=joint, organization_id=row.organization_id, data=data)
    invitation_mail(joint, token)
    return joint


def _locked(joint: JointApplicant) -> JointApplicant:
    """The partner as it is now; its application is locked, so that answers come one at a time."""
    application = application_lock(joint.application)
    fresh = access_joint(application=application, pk=joint.pk)
    fresh.application = application
    return fresh


@transaction.atomic
def joint_resend(*, joint: JointApplicant, actor: User, now: datetime | None = None) -> JointApplicant:
    """Mail a new link to a partner who has not confirmed; the earlier link stops working."""
    now = now or clock.now()
    row = _locked(joint)
    _lead_only(row.application, actor)
    _open_for_partners(row.application, now)
    token, hashed = new_token()
    joint_state_set(
        joint=row,
        target=J.INVITED,
        actor=actor,
        changes={
            "token_hash": hashed,
            "sent_at": now,
            "expires_at": now + LIFETIME,
            "answered_at": None,
            "invited_by": actor,
            "user": None,
            "organization": None,
        },
    )
    _allow_mail(actor, row.email)
    invitation_mail(row, token)
    return row


@transaction.atomic
def joint_remove(*, joint: JointApplicant, actor: User, now: datetime | None = None) -> None:
    """End a partner's part at once: no access, no link, no mails. Who had confirmed is told by mail."""
    _application, mails = application_lock_with_mails(joint.application)
    row = _locked(joint)
    _lead_only(row.application, actor)
    _not_decided(row.application)
    row.removed_at = now or clock.now()
    row.save(update_fields=["removed_at", "updated_at"])
    record(
        action="joint.remove",
        actor=actor,
        target=row,
        organization_id=row.application.organization_id,
        data={"application": row.application.code, "state": row.state},
    )
    partner_mails_discard(mails=mails, joint=row, actor=actor)
    if row.state == J.CONFIRMED:
        removed_mail(row)


def _not_decided(application: Application) -> None:
    if not is_live(application) and application.state != ApplicationState.WITHDRAWN:
        raise Conflict(
            _("The result was told already. Please write to the city to change who takes part."), code="told"
        )


@transaction.atomic
def joint_confirm(
    *,
    token: str,
    actor: User,
    organization: Organization | None = None,
    new: Mapping[str, str] | None = None,
    contact_name: str = "",
    now: datetime | None = None,
) -> JointApplicant:
    """Take part, as ``organization`` (one of the actor's) or as a ``new`` one made of its values.

    ``new``: kind, name, name_kana, corporate_number; an organization of that number is neither shown
    nor joined. ``contact_name``: the person's own. The link works once; confirming twice as the same
    person confirms once. The person may be another than the one it was sent to: both the sender and
    that address are told who it was.
    """
    now = now or clock.now()
    found = access_joint_link(token=token, actor=actor, now=now)
    application, mails = application_lock_with_mails(found.application)
    row = access_joint_link(token=token, actor=actor, now=now)
    if row.state == J.CONFIRMED:
        return row
    row.application = application
    own = _own_organization(application, actor, organization, new or {})
    joint_state_set(
        joint=row,
        target=J.CONFIRMED,
        actor=actor,
        changes={
            "user": actor,
            "organization": own,
            "org_name": own.name,
            "contact_name": clean_line(contact_name) or actor.name[:100] or row.contact_name,
            "answered_at": now,
        },
    )
    answered_mail(row)
    if actor.email.lower() != row.email:
        forwarded_mail(row)
    if mails and application.state in DECIDED_STATES:
        decision_mail(application, only=row)
    return row


def _own_organization(
    application: Application, actor: User, organization: Organization | None, new: Mapping[str, str]
) -> Organization:
    """What the actor takes part as. Raises ``Conflict`` for who is in the application already."""
    if may_lead(actor, application) or shares(actor, application):
        raise Conflict(
            _("You take part in this application already. Please sign in as whoever the link is for."),
            code="own",
        )
    if organization is None:
        return organization_create(actor=actor, **new)
    if organization not in organizations_of(actor):
        raise NotAllowed(_("You cannot take part for this organization."))
    if organization.pk == application.organization_id:
        raise Conflict(_("This organization is the lead applicant already."), code="own")
    return organization


@transaction.atomic
def joint_decline(*, token: str, actor: Any = None, now: datetime | None = None) -> JointApplicant:
    """Say no by the link; no account is needed. Whoever invited is told."""
    now = now or clock.now()
    found = access_joint_link(token=token, now=now)
    application = application_lock(found.application)
    row = access_joint_link(token=token, now=now)
    row.application = application
    joint_state_set(joint=row, target=J.DECLINED, actor=actor, changes={"answered_at": now})
    answered_mail(row)
    return row


@transaction.atomic
def joint_leave(*, joint: JointApplicant, actor: User, now: datetime | None = None) -> None:
    """A partner's own end of taking part, until the result is told."""
    _application, mails = application_lock_with_mails(joint.application)
    row = _locked(joint)
    if row.user_id != actor.pk:
        raise NotAllowed(_("Only who confirmed can do this."))
    _not_decided(row.application)
    partner_mails_discard(mails=mails, joint=row, actor=actor)
    joint_state_set(joint=row, target=J.DECLINED, actor=actor, changes={"answered_at": now or clock.now()})
    answered_mail(row)
