"""Joint applicants: the list, the door behind a mailed link, who gets the mails."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.calls.enums import ApplicationState, JointState
from apps.calls.models import Application, JointApplicant
from apps.calls.permissions import may_lead
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.tokens import token_hash

#: An application has at most so many partners, whatever they answered.
MOST = 10
#: While it reads so to its applicant, partners may still answer, leave or be removed.
LIVE_STATES = (ApplicationState.DRAFT, ApplicationState.RETURNED, ApplicationState.SUBMITTED)


@dataclass(frozen=True)
class Recipient:
    """Who gets a mail of an application. ``key`` tells a partner's mail from the lead's (empty)."""

    email: str
    language: str
    key: str = ""
    joint: JointApplicant | None = None


def partner_key(joint: JointApplicant) -> str:
    """The end of the keys of a partner's mails; new after each answer."""
    moment = int(joint.answered_at.timestamp() * 1_000_000) if joint.answered_at else 0
    return f":{joint.pk.hex}:{moment:x}"


def recipients_of(application: Application) -> list[Recipient]:
    """The lead's contact first, then each confirmed partner; an address only once."""
    lead = application.created_by
    found = [Recipient(application.contact_email or lead.email, lead.language)]
    partners = JointApplicant.objects.confirmed().filter(application=application).select_related("user")
    for joint in partners.order_by("created_at"):
        if joint.user and joint.user.email.lower() not in [row.email.lower() for row in found]:
            found.append(Recipient(joint.user.email, joint.user.language, partner_key(joint), joint))
    return found


def joint_facts(application: Application) -> list[dict[str, str]]:
    """What a revision keeps of the partners: ``[{"name", "contact", "state"}]``."""
    rows = JointApplicant.objects.present().filter(application=application).order_by("created_at")
    return [{"name": row.org_name, "contact": row.contact_name, "state": row.state} for row in rows]


@dataclass(frozen=True)
class JointRow:
    """A partner as the applicants see it. ``expired``: the link is too old, no answer came."""

    joint: JointApplicant
    expired: bool

    @property
    def forwarded(self) -> bool:
        """Another address confirmed than the one that got the link."""
        user = self.joint.user
        return user is not None and user.email.lower() != self.joint.email

    @property
    def tone(self) -> str:
        if self.joint.state == JointState.CONFIRMED:
            return "good"
        return "attention" if self.expired or self.joint.state == JointState.DECLINED else "plain"


def joint_rows(application: Application, now: datetime | None = None) -> list[JointRow]:
    """The partners in the order they were added, without those removed. One query."""
    now = now or clock.now()
    rows = JointApplicant.objects.present().filter(application=application)
    return [
        JointRow(row, row.state == JointState.INVITED and row.expires_at <= now)
        for row in rows.select_related("user", "organization").order_by("created_at")
    ]


def is_live(application: Application) -> bool:
    """Nothing was decided that the applicants know of, and it was not withdrawn."""
    return application.public_state in LIVE_STATES


def takes_partners(application: Application, now: datetime | None = None) -> bool:
    """Partners may be invited: the answers may still be handed in or corrected."""
    now = now or clock.now()
    if application.state == ApplicationState.RETURNED:
        return application.return_until is None or now < application.return_until
    return is_live(application) and application.call.is_open(now)


def _no_such_link() -> NotFound:
    return NotFound(
        _(
            "This link does not exist or is no longer valid. Please check that the whole link was copied, "
            "or ask whoever sent it for a new one."
        )
    )


def access_joint_link(*, token: str, actor: Any = None, now: datetime | None = None) -> JointApplicant:
    """The invitation behind a link. Unknown, removed, expired and answered ones are the same ``NotFound``.

    Only whoever confirmed with it still finds it afterwards.
    """
    now = now or clock.now()
    joint = (
        JointApplicant.objects.present()
        .select_related("application__call", "application__created_by", "invited_by")
        .filter(token_hash=token_hash(token))
        .first()
    )
    if joint is None or not is_live(joint.application):
        raise _no_such_link()
    confirmed_by = joint.user_id if joint.state == JointState.CONFIRMED else None
    if confirmed_by is not None and actor is not None and confirmed_by == actor.pk:
        return joint
    if joint.state != JointState.INVITED or joint.expires_at <= now:
        raise _no_such_link()
    return joint


def access_joint(*, application: Application, pk: uuid.UUID) -> JointApplicant:
    """A partner of ``application``; ``NotFound``."""
    joint = JointApplicant.objects.present().filter(application=application, pk=pk).first()
    if joint is None:
        raise NotFound(_("This joint applicant was removed."))
    return joint


def own_part(*, actor: Any, application: Application) -> JointApplicant | None:
    """The actor's own confirmed part, unless the actor leads the application anyway."""
    if not actor.is_authenticated or may_lead(actor, application):
        return None
    rows = JointApplicant.objects.confirmed().filter(application=application)
    return rows.filter(user=actor).first()
