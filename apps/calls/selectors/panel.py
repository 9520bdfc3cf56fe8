"""Who reviews what: the reviewers of a call, and the invitation behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calls.enums import ApplicationState, ReviewerState
from apps.calls.models import Call, ReviewAssignment, Reviewer, ReviewerTie, Theme
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.phases import active_phase
from apps.calls.selectors.review_sheet import headings_of
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.tokens import token_hash

#: The code of the refusal whose remedy is to state one's ties or to declare.
DECLARE = "declare"


def reviewer_of(user: Any, call: Call) -> Reviewer | None:
    """The part ``user`` has in reviewing ``call``: accepted and not removed. One query."""
    if not user.is_authenticated:
        return None
    return Reviewer.objects.active().filter(user=user, call=call).first()


def reviewer_calls(user: Any) -> list[Reviewer]:
    """Every call that ``user`` reviews, newest first, each with its ``call``. One query."""
    if not user.is_authenticated:
        return []
    rows = Reviewer.objects.active().filter(user=user).select_related("call")
    return list(rows.order_by("-call__closes_at", "created_at"))


def needs_ties(reviewer: Reviewer) -> bool:
    """The reviewer has not said yet which ties there are, "none" included."""
    return reviewer.ties_stated_at is None


def reviewer_link_of(*, token: str, actor: Any = None, now: datetime | None = None) -> Reviewer:
    """The invitation behind a link, with ``call`` and ``invited_by``.

    Unknown, removed, expired and answered ones are the same ``NotFound``; only whoever accepted with it
    still finds it afterwards.
    """
    now = now or clock.now()
    rows = Reviewer.objects.present().select_related("call", "invited_by")
    row = rows.filter(token_hash=token_hash(token)).first()
    if row is not None:
        if row.state == ReviewerState.INVITED and row.expires_at > now:
            return row
        own = actor is not None and row.user_id is not None and row.user_id == actor.pk
        if own and row.state == ReviewerState.ACCEPTED:
            return row
    raise NotFound(
        _(
            "This link does not exist or is no longer valid. Please check that the whole link was copied, "
            "or ask whoever sent it for a new one."
        )
    )


def access_own_part(*, actor: Any, call_code: str) -> Reviewer:
    """The actor's part in reviewing the call of this code, with ``call``; ``NotFound``."""
    rows = Reviewer.objects.active().filter(call__code=call_code).select_related("call")
    row = rows.filter(user=actor).first() if actor.is_authenticated else None
    if row is None:
        raise NotFound(_("You do not review this call."))
    return row


def ties_of_reviewer(reviewer: Reviewer) -> list[ReviewerTie]:
    """What the reviewer stated, in that order. One query."""
    return list(ReviewerTie.objects.filter(reviewer=reviewer).order_by("created_at", "pk"))


@dataclass(frozen=True)
class ToDeclare:
    """An assigned application of which only title and themes are shown."""

    assignment: ReviewAssignment
    code: str
    title: str
    themes: str


def to_declare(reviewer: Reviewer, now: datetime | None = None) -> list[ToDeclare]:
    """What the reviewer must say "no conflict" or another to, before it can be read; in order of code.

    Those with a hard conflict that is known already are left out without a word.
    """
    rows = ReviewAssignment.objects.present().filter(reviewer=reviewer, declared_at__isnull=True)
    rows = rows.exclude(application__state__in=(ApplicationState.DRAFT, ApplicationState.WITHDRAWN))
    found = conflicts_of_call(reviewer.call)
    kept = [
        row
        for row in rows.select_related("application__organization", "application__created_by")
        if not ((finding := found.get((row.reviewer_id, row.application_id))) and finding.is_hard)
    ]
    return _headed(reviewer.call, kept, now)


def _headed(call: Call, rows: Sequence[ReviewAssignment], now: datetime | None) -> list[ToDeclare]:
    phase = active_phase(call, now)
    headings = headings_of([row.application for row in rows], hide=phase is None or phase.hide_applicant)
    language = get_language() or "ja"
    names = {theme.code: theme.localized("name", language) for theme in Theme.objects.all()}
    found = []
    for row in rows:
        heading = headings[row.application_id]
        themes = _(", ").join(names.get(code, code) for code in heading.themes)
        found.append(ToDeclare(row, heading.code, heading.title, themes))
    return sorted(found, key=lambda row: row.code)
