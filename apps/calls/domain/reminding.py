"""Mails to reviewers: what they were given, what is left. Numbers and dates, nothing of who applied."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.asking_mails import mail_preview
from apps.calls.domain.call import check_city
from apps.calls.domain.phase import call_lock
from apps.calls.models import Call
from apps.calls.selectors.progress import Progress, ReviewerProgress, progress_of
from apps.core import clock
from apps.core.errors import Conflict
from apps.core.site import site_settings
from apps.outbox.domain import message_queue

ASSIGNED, REMIND = "calls-review-assigned", "calls-review-remind"
#: Who gets which of the two mails now, and when that was done last.
_NEXT: dict[str, Callable[[Progress], list[ReviewerProgress]]] = {
    ASSIGNED: lambda progress: progress.told_next,
    REMIND: lambda progress: progress.reminded_next,
}
_STAMP = {ASSIGNED: "assigned_mail_at", REMIND: "reminded_at"}


def mail_context(progress: Progress, row: ReviewerProgress) -> dict[str, Any]:
    """What a mail to the reviewer of ``row`` says."""
    language, site = row.reviewer.language, site_settings()
    return {
        "name": row.reviewer.name,
        "call_title": progress.call.localized("title", language),
        "left": row.left,
        "new": row.new,
        "done": row.done,
        "phase": progress.phase,
        "begun": progress.is_scoring,
        "days_left": progress.days_left,
        "link": settings.BASE_URL + reverse("admin:index"),
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }


def previews(progress: Progress, rows: Sequence[ReviewerProgress], template: str) -> list[dict[str, Any]]:
    """The mail to the first reviewer of each language among ``rows``: language, to, subject, body."""
    first = {row.reviewer.language: row for row in reversed(rows)}
    return [
        {
            "language": language,
            "to": row.reviewer.name,
            **mail_preview(template, language, mail_context(progress, row)),
        }
        for language, row in sorted(first.items(), reverse=True)
    ]


def reviewers_tell(
    *, call: Call, actor: Any, reviewers: Collection[uuid.UUID], now: datetime | None = None
) -> int:
    """Tell each of ``reviewers`` once what was given to them since the last such mail; how many mails.

    ``reviewers`` are those of the page; when it would be others now, ``Conflict`` (``code="changed"``).
    Refused without a phase in which they score (``code="no_phase"``).
    """
    return _send(call=call, actor=actor, reviewers=reviewers, template=ASSIGNED, now=now)


def reviewers_remind(
    *, call: Call, actor: Any, reviewers: Collection[uuid.UUID], now: datetime | None = None
) -> int:
    """Remind ``reviewers``, who have something left and were not reminded within a day; how many mails.

    Raises as ``reviewers_tell`` does.
    """
    return _send(call=call, actor=actor, reviewers=reviewers, template=REMIND, now=now)


@transaction.atomic
def _send(
    *, call: Call, actor: Any, reviewers: Collection[uuid.UUID], template: str, now: datetime | None
) -> int:
    check_city(actor)
    now = now or clock.now()
    call = call_lock(call)
    progress = progress_of(call, now)
    if progress.phase is None:
        raise Conflict(
            _("There is no phase in which reviewers score. Add one first, so that the mail can say by when."),
            code="no_phase",
        )
    rows = _NEXT[template](progress)
    if not rows or {row.reviewer.pk for row in rows} != set(reviewers):
        raise Conflict(
            _("Who gets a mail changed since you looked. No mail was sent. Read it again."), code="changed"
        )
    for row in rows:
        _queue(progress, row, template, now)
    record(
        action=f"review.{template.rpartition('-')[2]}", actor=actor, target=call, data={"mails": len(rows)}
    )
    return len(rows)


def _queue(progress: Progress, row: ReviewerProgress, template: str, now: datetime) -> None:
    reviewer = row.reviewer
    message_queue(
        to=reviewer.email,
        language=reviewer.language,
        template=template,
        context=mail_context(progress, row),
        user=reviewer.user,
        dedupe_key=f"{template}:{reviewer.pk}:{now.timestamp():.6f}",
    )
    setattr(reviewer, _STAMP[template], now)
    reviewer.save(update_fields=[_STAMP[template], "updated_at"])
