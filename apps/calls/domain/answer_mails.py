"""The mails about the time to answer: more of it, or its end. They leave at once."""

from __future__ import annotations

from datetime import datetime

from apps.calls.domain.mails import application_mail
from apps.calls.models import Application
from apps.calls.selectors.joint import recipients_of


def answer_mails(application: Application, template: str, *, now: datetime, message: str) -> int:
    """Queue ``template`` for each of the applicants; how many."""
    recipients = recipients_of(application)
    for to in recipients:
        application_mail(application, template, f"{now.timestamp():.6f}", to, message=message)
    return len(recipients)
