"""What waits for staff in the reviews that are under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from apps.calls.models import Call, Reviewer, ReviewPhase
from apps.calls.selectors.assigning import WANTED
from apps.calls.selectors.progress import REVIEWED, Progress, progress_of
from apps.core import clock
from apps.core.registry import WorkItem

#: Missing assignments are told so long before reviewers begin.
AHEAD = timedelta(days=7)
#: Missing reviews are told so many days before scoring ends.
LATE_DAYS = 3


def waiting_reviews(user: Any) -> list[WorkItem]:
    """Applications without enough reviewers, scoring that ends soon, reviews that are all in.

    One query while no review is under way; for each call in review those of its progress.
    """
    if not user.is_staff:
        return []
    now = clock.now()
    phases = ReviewPhase.objects.filter(call=OuterRef("pk"), starts_at__lte=now + AHEAD, ends_at__gt=now)
    reviewed = Reviewer.objects.active().filter(call=OuterRef("pk"))
    calls = Call.objects.filter(Exists(phases), Exists(reviewed)).order_by("decision_on", "code")
    return [item for call in calls for item in _items(progress_of(call, now), now)]


def _items(progress: Progress, now: datetime) -> Iterator[WorkItem]:
    phase = progress.phase
    short = progress.short_of(WANTED)
    if phase is not None and short:
        yield _item(
            progress,
            "assign",
            _short_words(len(short)),
            pgettext("act", "Give them to reviewers"),
            phase.starts_at,
        )
    if phase is not None and progress.is_scoring and progress.left and (progress.days_left or 0) <= LATE_DAYS:
        words = ngettext("%(count)d review is missing", "%(count)d reviews are missing", progress.left)
        yield _item(
            progress,
            "review",
            words % {"count": progress.left},
            pgettext("act", "See who is missing"),
            phase.ends_at,
        )
    if _is_complete(progress):
        yield WorkItem(
            kind=_("Review"),
            title=progress.call.localized("title", get_language() or "ja"),
            detail=_("All reviews are in"),
            url=reverse("admin:calls_decision_board", args=[progress.call.pk]),
            action=pgettext("act", "Deliberate"),
            due=progress.call.decision_on,
        )


def _is_complete(progress: Progress) -> bool:
    """Every application under review has a reviewer, and everything that was given is in."""
    rows = [row for row in progress.applications if row.state in REVIEWED]
    return bool(rows) and not progress.left and all(row.is_complete for row in rows)


def _short_words(count: int) -> str:
    words = ngettext(
        "%(count)d application has fewer than %(wanted)d reviewers",
        "%(count)d applications have fewer than %(wanted)d reviewers",
        count,
    )
    return words % {"count": count, "wanted": WANTED}


def _item(progress: Progress, page: str, detail: str, action: str, due: datetime) -> WorkItem:
    return WorkItem(
        kind=_("Review"),
        title=progress.call.localized("title", get_language() or "ja"),
        detail=detail,
        url=reverse(f"admin:calls_call_{page}", args=[progress.call.pk]),
        action=action,
        due=clock.local_date(due),
    )
