"""The mails of an application, each in its recipient's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.calls.domain.letter_mails import decision_letter, letter_attachments
from apps.calls.domain.paper import COPY_KIND, copy_name
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, JointApplicant
from apps.calls.rules.letters import answer_due
from apps.calls.selectors.joint import Recipient, recipients_of
from apps.calls.selectors.letters import granted_of, letter_of
from apps.core import clock
from apps.core.site import site_settings
from apps.outbox.domain import message_discard, message_queue
from apps.outbox.enums import MessageState
from apps.outbox.models import Message


def decision_batch(call_code: str) -> str:
    """The batch whose release tells the decisions of a call."""
    return f"decision-{call_code}"


def mail_context(application: Application, language: str) -> dict[str, Any]:
    site = site_settings()
    with translation.override(language):
        own = reverse("calls:application-detail", args=[application.code])
        page = application.call.get_absolute_url()
    return {
        "application": application,
        "call": application.call,
        "call_title": application.call.localized("title", language),
        "own_url": settings.BASE_URL + own,
        "call_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def application_mail(
    application: Application, template: str, key: str, to: Recipient, **more: Any
) -> Message:
    """Queue one mail about ``application``; ``more`` goes to the mail's text, but for what the outbox
    takes (``held``, ``batch``, ``user``, ``attachments``)."""
    taken = ("held", "batch", "user", "attachments")
    options = {name: more.pop(name) for name in taken if name in more}
    return message_queue(
        to=to.email,
        language=to.language,
        template=f"calls-{template}",
        context={**mail_context(application, to.language), "joint": to.joint, **more},
        dedupe_key=f"calls-{template}:{application.pk}:{key}{to.key}",
        **options,
    )


def lead_of(application: Application) -> Recipient:
    """Who gets the mails for the applicant itself."""
    return recipients_of(application)[0]


def draft_mail(application: Application) -> None:
    """The link that brings an applicant back to the draft."""
    application_mail(application, "draft", "1", lead_of(application), user=application.created_by)


def receipt_mail(application: Application) -> None:
    """The receipts: they leave at once, one for each of the applicants and each time it is handed in."""
    moment = application.submitted_at or clock.now()
    copies = _copies(application)
    for to in recipients_of(application):
        key = f"{moment.timestamp():.6f}"
        application_mail(application, "receipt", key, to, attachments=copies, has_copy=bool(copies))


def _copies(application: Application) -> list[dict[str, Any]]:
    """The PDF copy of the latest revision, as the outbox takes it."""
    revision = application.revisions.order_by("-number").first()
    if revision is None:
        return []
    return [{"kind": COPY_KIND, "args": {"revision": str(revision.pk)}, "name": copy_name(revision)}]


def waitlist_batch(application: Application) -> str:
    """The batch whose release tells that ``application`` moved up from the waiting list."""
    return f"waitlist-{application.code}"


def _decision_template(application: Application) -> str:
    if application.state == ApplicationState.WAITLISTED:
        return "decision-waitlist"
    if application.state == ApplicationState.DECLINED:
        return "decision-declined"
    if application.moved_up_at:
        return "decision-moved-up"
    return "decision-conditions" if application.conditions else "decision-adopted"


def decision_mail(
    application: Application,
    only: JointApplicant | None = None,
    *,
    actor: Any = None,
    now: datetime | None = None,
    comments: bool = False,
) -> int:
    """The decision's letter and its mails, held until staff release their batch. Returns how many mails.

    The letter goes with the mail to the lead applicant, to whom it is addressed; each of the applicants
    gets a mail. ``comments``: with what the reviewers wrote for the applicant. ``only``: that partner's
    mail alone, about the letter there is.
    """
    now = now or clock.now()
    if only is None:
        letter = decision_letter(application=application, actor=actor, now=now, comments=comments)
    else:
        letter = letter_of(application)
    said = letter.values if letter else {}
    moment = said.get("accept_until")
    due = datetime.fromisoformat(moment) if moment else answer_due(application.call.answer_days, now)
    granted = granted_of(application, now)
    recipients = [to for to in recipients_of(application) if only is None or to.joint == only]
    for to in recipients:
        application_mail(
            application,
            _decision_template(application),
            str(application.version),
            to,
            held=True,
            batch=waitlist_batch(application)
            if application.moved_up_at
            else decision_batch(application.call.code),
            attachments=letter_attachments(letter) if to.joint is None else [],
            letter=letter if to.joint is None else None,
            accept_until=due,
            begins=granted["begins"],
            ends=granted["ends"],
            comments=said.get("comments") or [],
        )
    return len(recipients)


def decision_mails_discard(*, mails: list[Message], actor: Any) -> None:
    """A decision was replaced or its application withdrawn: its mail never leaves."""
    for mail in mails:
        message_discard(message=mail, actor=actor)


def told_applications(batch: str) -> set[str]:
    """Ids of the applications whose decision mail of ``batch`` was released."""
    keys = Message.objects.filter(
        batch=batch,
        state__in=(MessageState.QUEUED, MessageState.SENT, MessageState.FAILED),
        dedupe_key__startswith="calls-decision-",
    ).values_list("dedupe_key", flat=True)
    return {key.split(":")[1] for key in keys if key}
