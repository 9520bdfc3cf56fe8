"""The mail that answers a request for a change: to whoever asked, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.core.site import site_settings
from apps.outbox.domain import message_queue
from apps.trials.models import TrialChange
from apps.trials.rules import CHANGE_WITH_LETTER
from apps.trials.selectors.changes import change_recipient, change_rows

if TYPE_CHECKING:
    from apps.accounts.models import User

TEMPLATE = "trials-change-answer"


def _context(change: TrialChange, language: str) -> dict[str, Any]:
    site = site_settings()
    with translation.override(language):
        page = reverse(
            "trials:change-detail", args=[change.organization_id, change.trial.code, change.number]
        )
        rows = change_rows(change)
    return {
        "change": change,
        "trial": change.trial,
        "title": change.trial.localized("title", language),
        "rows": rows,
        "has_letter": any(kind in CHANGE_WITH_LETTER for kind in change.granted),
        "page_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def change_mail(change: TrialChange) -> int:
    """Queue the answer; it leaves at once. Returns how many mails: 0 when nobody is left to read it."""
    to: User | None = change_recipient(change)
    if to is None:
        return 0
    message_queue(
        to=to.email,
        language=to.language,
        template=TEMPLATE,
        context=_context(change, to.language),
        user=to,
        dedupe_key=f"{TEMPLATE}:{change.pk}",
    )
    return 1


def change_mail_preview(change: TrialChange) -> dict[str, str] | None:
    """``subject`` and ``body`` of the mail for a decision that was not made yet; writes nothing."""
    to = change_recipient(change)
    if to is None:
        return None
    context = _context(change, to.language)
    with translation.override(to.language):
        subject = render_to_string(f"emails/{TEMPLATE}-subject.txt", context)
        body = render_to_string(f"emails/{TEMPLATE}-body.txt", context)
    return {"to": to.email, "subject": " ".join(subject.split()), "body": body.strip()}
