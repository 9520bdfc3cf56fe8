"""The mails to a facility's keeper: the question, the reminder, the copy of the answer.

The keeper is told nothing of the applicant's contact, personal data or files.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.calls.models import FacilityConsent
from apps.core.site import site_settings
from apps.outbox.domain import message_queue

#: Keepers are people of the city's own facilities; their page can be read in English as well.
LANGUAGE = "ja"


def _context(consent: FacilityConsent, link: str) -> dict[str, Any]:
    site = site_settings()
    return {
        "consent": consent,
        "application": consent.application,
        "asked_by": consent.asked_by.get_full_name(),
        "link": link,
        "city": site.localized("city_name", LANGUAGE),
        "department": site.localized("department", LANGUAGE),
        "contact_email": site.contact_email,
    }


def _link(token: str) -> str:
    with translation.override(LANGUAGE):
        return settings.BASE_URL + reverse("calls:consent", args=[token])


def _queue(consent: FacilityConsent, template: str, link: str = "") -> None:
    message_queue(
        to=consent.email,
        language=LANGUAGE,
        template=f"calls-{template}",
        context=_context(consent, link),
        dedupe_key=f"calls-{template}:{consent.pk}:{consent.token_hash[:16]}",
    )


def ask_mail(consent: FacilityConsent, token: str) -> None:
    """The question with its link."""
    _queue(consent, "consent-ask", _link(token))


def ask_preview(consent: FacilityConsent) -> dict[str, str]:
    """``subject`` and ``body`` of the question before it is sent; the link is made when it leaves."""
    with translation.override(LANGUAGE):
        context = _context(consent, _link("-").replace("/-/", "/…/"))
        subject = " ".join(render_to_string("emails/calls-consent-ask-subject.txt", context).split())
        return {"subject": subject, "body": render_to_string("emails/calls-consent-ask-body.txt", context)}


def remind_mail(consent: FacilityConsent, token: str) -> None:
    """Once more, with a new link."""
    _queue(consent, "consent-remind", _link(token))


def copy_mail(consent: FacilityConsent) -> None:
    """What was answered and by whom, to the address that was asked."""
    _queue(consent, "consent-copy")
