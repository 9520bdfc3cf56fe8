"""What waits for staff in the reviews that are under way.

Every page of the admin counts these, so they are counted by the database, not by ``progress_of``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from apps.calls.enums import ReviewerState
from apps.calls.models import Application, Call, ReviewAssignment, Reviewer, ReviewPhase
from apps.calls.rules.conflicts import Pair
from apps.calls.selectors.assigning import WANTED
from apps.calls.selectors.conflicts import forbidden_of_call
from apps.calls.selectors.phases import scoring_phase
from apps.calls.selectors.progress import REVIEWED
from apps.core import clock
from apps.core.registry import WorkItem

#: Missing assignments are told so long before reviewers begin.
AHEAD = timedelta(days=7)
#: Missing reviews are told so many days before scoring ends.
LATE_DAYS = 3


@dataclass(frozen=True)
class Tally:
    """Of the applications under review: how many, how many short of reviewers, how many with all of
    their reviews in; and the reviews that are missing."""

    applications: int
    short: int
    complete: int
    left: int


def tally_of(call: Call) -> Tally:
    """The numbers of ``progress_of(call)``. Two queries and those of the conflicts."""
    standing = Q(
        assignments__removed_at__isnull=True,
        assignments__reviewer__removed_at__isnull=True,
        assignments__reviewer__state=ReviewerState.ACCEPTED,
    ) & ~Q(assignments__in=_forbidden(forbidden_of_call(call)))
    done = Q(
        assignments__declared_at__isnull=False,
        assignments__reviewer__ties_stated_at__isnull=False,
        assignments__review__handed_in_at__isnull=False,
        assignments__review__revision__gte=F("revision"),
    )
    rows = Application.objects.filter(call=call, state__in=REVIEWED)
    found = list(
        rows.annotate(
            given=Count("assignments", filter=standing), done=Count("assignments", filter=standing & done)
        ).values_list("given", "done")
    )
    return Tally(
        applications=len(found),
        short=sum(given < WANTED for given, _done in found),
        complete=sum(0 < given == done for given, done in found),
        left=sum(given - done for given, done in found),
    )


def _forbidden(pairs: set[Pair]) -> list[Any]:
    """The assignments that a hard conflict has taken away."""
    rows = ReviewAssignment.objects.present().filter(
        reviewer__in={one for one, _other in pairs}, application__in={other for _one, other in pairs}
    )
    return [
        pk for pk, *pair in rows.values_list("pk", "reviewer_id", "application_id") if tuple(pair) in pairs
    ]


def waiting_reviews(user: Any) -> list[WorkItem]:
    """Applications without enough reviewers, scoring that ends soon, reviews that are all in.

    One query while no review is under way; for each call in review those of its tally.
    """
    if not user.is_staff:
        return []
    now = clock.now()
    phases = ReviewPhase.objects.filter(call=OuterRef("pk"), starts_at__lte=now + AHEAD, ends_at__gt=now)
    reviewed = Reviewer.objects.active().filter(call=OuterRef("pk"))
    calls = Call.objects.filter(Exists(phases), Exists(reviewed)).order_by("decision_on", "code")
    return [item for call in calls for item in _items(call, now)]


def _items(call: Call, now: datetime) -> Iterator[WorkItem]:
    phase, tally = scoring_phase(call, now), tally_of(call)
    if phase is not None and tally.short:
        words = ngettext(
            "%(count)d application has fewer than %(wanted)d reviewers",
            "%(count)d applications have fewer than %(wanted)d reviewers",
            tally.short,
        )
        told = words % {"count": tally.short, "wanted": WANTED}
        yield _item(call, "assign", told, pgettext("act", "Give them to reviewers"), phase.starts_at)
    if phase is not None and tally.left and _ends_soon(phase, now):
        words = ngettext("%(count)d review is missing", "%(count)d reviews are missing", tally.left)
        told = words % {"count": tally.left}
        yield _item(call, "review", told, pgettext("act", "See who is missing"), phase.ends_at)
    if tally.applications and tally.complete == tally.applications:
        yield WorkItem(
            kind=_("Review"),
            title=call.localized("title", get_language() or "ja"),
            detail=_("All reviews are in"),
            url=reverse("admin:calls_decision_board", args=[call.pk]),
            action=pgettext("act", "Deliberate"),
            due=call.decision_on,
        )


def _ends_soon(phase: ReviewPhase, now: datetime) -> bool:
    days = (clock.local_date(phase.ends_at) - clock.local_date(now)).days
    return phase.starts_at <= now and days <= LATE_DAYS


def _item(call: Call, page: str, detail: str, action: str, due: datetime) -> WorkItem:
    return WorkItem(
        kind=_("Review"),
        title=call.localized("title", get_language() or "ja"),
        detail=detail,
        url=reverse(f"admin:calls_call_{page}", args=[call.pk]),
        action=action,
        due=clock.local_date(due),
    )
