"""The mails about taking part: the link, its answer, the end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.calls.domain.mails import application_mail, decision_mails_discard
from apps.calls.models import JointApplicant
from apps.calls.selectors.joint import Recipient
from apps.outbox.models import Message


def _key(joint: JointApplicant) -> str:
    """The beginning of a link's hash: each link is mailed once."""
    return joint.token_hash[:16]


def invitation_mail(joint: JointApplicant, token: str) -> None:
    """The link, to the address the lead applicant typed."""
    with translation.override(joint.language):
        path = reverse("calls:joint-link", args=[token])
    to = Recipient(joint.email, joint.language, joint=joint)
    application_mail(joint.application, "joint-invite", _key(joint), to, link=settings.BASE_URL + path)


def _to_inviter(joint: JointApplicant) -> Recipient:
    inviter = joint.invited_by
    return Recipient(inviter.email, inviter.language, joint=joint)


def answered_mail(joint: JointApplicant) -> None:
    """Confirmed, declined or left: to whoever invited."""
    template = f"joint-{joint.state}"
    application_mail(joint.application, template, f"{_key(joint)}:{joint.answered_at}", _to_inviter(joint))


def forwarded_mail(joint: JointApplicant) -> None:
    """Someone with another address confirmed: the address that got the link is told who."""
    to = Recipient(joint.email, joint.language, joint=joint)
    application_mail(joint.application, "joint-forwarded", _key(joint), to)


def removed_mail(joint: JointApplicant) -> None:
    """A confirmed partner no longer takes part."""
    assert joint.user is not None
    to = Recipient(joint.user.email, joint.user.language, joint=joint)
    application_mail(joint.application, "joint-removed", _key(joint), to, user=joint.user)


def partner_mails_discard(*, mails: list[Message], joint: JointApplicant, actor: Any) -> None:
    """The held decision mails of a partner who takes part no longer never leave."""
    own = [mail for mail in mails if f":{joint.pk.hex}:" in (mail.dedupe_key or "")]
    decision_mails_discard(mails=own, actor=actor)
