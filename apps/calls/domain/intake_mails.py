"""The mail that asks for a correction: to the lead's contact and each confirmed partner."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from apps.calls.domain.mails import application_mail, mail_context
from apps.calls.models import Application
from apps.calls.selectors.joint import recipients_of

TEMPLATE = "returned"


def return_mails(application: Application, now: datetime) -> int:
    """Queue the mails of a return or an extension; they leave at once. Returns how many."""
    recipients = recipients_of(application)
    for to in recipients:
        application_mail(application, TEMPLATE, f"{now.timestamp():.6f}", to)
    return len(recipients)


def return_preview(application: Application, *, message: str, until: datetime) -> dict[str, str]:
    """``subject`` and ``body`` of the lead's mail before it is sent. Writes nothing."""
    application.return_message, application.return_until = message, until
    to = recipients_of(application)[0]
    context = {**mail_context(application, to.language), "joint": None}
    with translation.override(to.language):
        subject = render_to_string(f"emails/calls-{TEMPLATE}-subject.txt", context)
        body = render_to_string(f"emails/calls-{TEMPLATE}-body.txt", context)
    return {"subject": " ".join(subject.split()), "body": body.strip()}
