"""The mails between the city and who is asked to review. None of them names an applicant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.calls.models import Reviewer, ReviewPhase
from apps.core.site import site_settings
from apps.outbox.domain import message_queue
from apps.outbox.models import Message


def _context(reviewer: Reviewer, language: str) -> dict[str, Any]:
    site = site_settings()
    call = reviewer.call
    with translation.override(language):
        page = call.get_absolute_url()
        home = reverse("admin:index")
    return {
        "reviewer": reviewer,
        "call_title": call.localized("title", language),
        "call_url": settings.BASE_URL + page,
        "home_url": settings.BASE_URL + home,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def _mail(reviewer: Reviewer, template: str, *, to: str, language: str, **more: Any) -> Message:
    taken = {name: more.pop(name) for name in ("user",) if name in more}
    key = f"calls-panel-{template}:{reviewer.pk}:{more.pop('key')}"
    return message_queue(
        to=to,
        language=language,
        template=f"calls-panel-{template}",
        context={**_context(reviewer, language), **more},
        dedupe_key=key,
        **taken,
    )


def reviewer_link(reviewer: Reviewer, token: str) -> str:
    """The page on which ``reviewer`` answers, in their language."""
    with translation.override(reviewer.language):
        return settings.BASE_URL + reverse("calls:panel-link", args=[token])


def invitation_mail(reviewer: Reviewer, token: str) -> Message:
    """The link, to the address that staff typed; with the days of the review that are known."""
    phases = ReviewPhase.objects.filter(call=reviewer.call, may_score=True).order_by("starts_at")
    phase = phases.first()
    return _mail(
        reviewer,
        "invite",
        to=reviewer.email,
        language=reviewer.language,
        key=reviewer.token_hash[:16],
        link=reviewer_link(reviewer, token),
        review_from=phase.starts_at if phase else None,
        review_until=phase.ends_at if phase else None,
    )


def answered_mail(reviewer: Reviewer) -> Message:
    """Accepted, declined or left: to whoever invited."""
    inviter = reviewer.invited_by
    with translation.override(inviter.language):
        panel = settings.BASE_URL + reverse("admin:calls_call_panel", args=[reviewer.call_id])
    return _mail(
        reviewer,
        f"{reviewer.state}",
        to=inviter.email,
        language=inviter.language,
        key=f"{reviewer.token_hash[:16]}:{reviewer.answered_at}",
        panel_url=panel,
        user=inviter,
    )


def removed_mail(reviewer: Reviewer) -> Message:
    """Who had accepted reviews no longer."""
    assert reviewer.user is not None
    return _mail(
        reviewer, "removed", to=reviewer.user.email, language=reviewer.language, key="1", user=reviewer.user
    )
