"""The mails of an application, each in its recipient's language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.calls.domain.paper import COPY_KIND, copy_name
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, JointApplicant
from apps.calls.selectors.joint import Recipient, recipients_of
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


def decision_mail(application: Application, only: JointApplicant | None = None) -> int:
    """The decision's mails, held until staff release the call's batch: one for each of the applicants.

    ``only``: that partner's alone. Returns how many.
    """
    adopted = application.state == ApplicationState.ADOPTED
    recipients = [to for to in recipients_of(application) if only is None or to.joint == only]
    for to in recipients:
        application_mail(
            application,
            "decision-adopted" if adopted else "decision-declined",
            str(application.version),
            to,
            held=True,
            batch=decision_batch(application.call.code),
        )
    return len(recipients)


def held_decision_mails(application: Application) -> list[Message]:
    """Held mails of this application's decision, locked.

    Lock them before the application, as releasing does.
    """
    rows = Message.objects.select_for_update().filter(
        state=MessageState.HELD,
        batch=decision_batch(application.call.code),
        dedupe_key__startswith="calls-decision-",
        dedupe_key__contains=f":{application.pk}:",
    )
    return list(rows)


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
