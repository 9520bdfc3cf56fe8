"""The mails about questions and consultations, in the language of whoever asked."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.calls.models import Call, Consultation, PublicQuestion
from apps.core.rates import rate_hit
from apps.core.site import site_settings
from apps.outbox.domain import message_queue
from apps.outbox.models import Message

#: Receipts that one address gets at most; the request itself is kept all the same.
PER_HOUR, PER_DAY = 3, 6


def _sign(call: Call | None, language: str) -> dict[str, Any]:
    site = site_settings()
    with translation.override(language):
        page = call.get_absolute_url() if call else reverse("calls:call-list")
    return {
        "call": call,
        "call_title": call.localized("title", language) if call else "",
        "call_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def _question_context(question: PublicQuestion) -> dict[str, Any]:
    language = question.language
    with translation.override(language):
        page = reverse("calls:question-list", args=[question.call.code])
    return {
        **_sign(question.call, language),
        "question": question,
        "text": question.localized("text", language),
        "answer": question.localized("answer", language),
        "question_url": f"{settings.BASE_URL}{page}#q{question.number}",
    }


def mail_preview(template: str, language: str, context: dict[str, Any]) -> dict[str, str]:
    """Subject and text as they would be sent."""
    with translation.override(language):
        subject = render_to_string(f"emails/{template}-subject.txt", context)
        body = render_to_string(f"emails/{template}-body.txt", context)
    return {"subject": " ".join(subject.split()), "body": body.strip()}


def question_mail_preview(question: PublicQuestion) -> dict[str, str] | None:
    """The mail that publishing sends; None when no address was left or it was sent before."""
    if not question.email or Message.objects.filter(dedupe_key=_question_key(question)).exists():
        return None
    return mail_preview("calls-question", question.language, _question_context(question))


def _question_key(question: PublicQuestion) -> str:
    return f"calls-question:{question.pk}"


def question_mail(question: PublicQuestion) -> None:
    """Tell whoever asked that the answer is on the page: once for each question."""
    if question.email:
        message_queue(
            to=question.email,
            language=question.language,
            template="calls-question",
            context=_question_context(question),
            dedupe_key=_question_key(question),
        )


def consultation_receipt(consultation: Consultation) -> bool:
    """A receipt at once, without a word of what was typed: the address is not known to be the sender's.

    Returns whether it was queued; an address gets only a few in an hour and a day.
    """
    who = consultation.email.lower()
    hour = rate_hit(name="consultation-mail-hour", who=who, limit=PER_HOUR, seconds=3600)
    if not (hour and rate_hit(name="consultation-mail-day", who=who, limit=PER_DAY, seconds=86400)):
        return False
    message_queue(
        to=consultation.email,
        language=consultation.language,
        template="calls-consultation-receipt",
        context=_sign(consultation.call, consultation.language),
        dedupe_key=f"calls-consultation-receipt:{consultation.pk}",
    )
    return True


def consultation_context(consultation: Consultation, reason: str = "") -> dict[str, Any]:
    """What the mails to someone whose consultation staff handled need."""
    return {
        **_sign(consultation.call, consultation.language),
        "consultation": consultation,
        "reason": reason,
    }


def consultation_mail(consultation: Consultation, kind: str, reason: str = "") -> None:
    """The date of a consultation (``arranged``), or that it does not take place (``cancelled``)."""
    message_queue(
        to=consultation.email,
        language=consultation.language,
        template=f"calls-consultation-{kind}",
        context=consultation_context(consultation, reason),
        dedupe_key=f"calls-consultation-{kind}:{consultation.pk}:{consultation.version}",
    )
