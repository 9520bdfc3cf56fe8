"""What a reviewer has to do, and the one door to each application that is assigned."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from apps.calls.enums import ApplicationState, ReviewerState, SeeScores
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Review,
    ReviewAssignment,
    Reviewer,
    ReviewPhase,
    Theme,
)
from apps.calls.rules.blind import Veil
from apps.calls.rules.conflicts import Pair
from apps.calls.rules.scoring import HUNDRED, Aggregate, Scale, span_of
from apps.calls.selectors.conflicts import forbidden_of_call
from apps.calls.selectors.phases import active_phase
from apps.calls.selectors.review_sheet import headings_of, veils_of
from apps.calls.selectors.reviews import (
    ApplicationScores,
    ReviewRead,
    criteria_of,
    scores_of_call,
)
from apps.core import clock
from apps.core.errors import NotFound

#: In these states an application is being reviewed.
_REVIEWED = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)
_GONE = (ApplicationState.WITHDRAWN, ApplicationState.DRAFT)
#: What is to do with an application, the most urgent first; (word, tone of its tag).
STEPS: dict[str, tuple[str | Promise, str]] = {
    "changed": (pgettext_lazy("review", "handed in anew since"), "attention"),
    "begun": (pgettext_lazy("review", "begun"), "info"),
    "read": (pgettext_lazy("review", "to read"), "plain"),
    "declare": (pgettext_lazy("review", "to declare"), "plain"),
    "done": (pgettext_lazy("review", "handed in"), "good"),
    "decided": (pgettext_lazy("review", "decided"), "quiet"),
    "withdrawn": (pgettext_lazy("review", "withdrawn"), "quiet"),
}
#: Steps after which nothing is left.
_OVER = ("done", "decided", "withdrawn")


@dataclass(frozen=True)
class Seat:
    """A reviewer before one application that is assigned, in the phase that is under way (or none)."""

    assignment: ReviewAssignment
    reviewer: Reviewer
    application: Application
    phase: ReviewPhase | None
    review: Review | None
    forbidden: Set[Pair]

    @cached_property
    def veil(self) -> Veil:
        """What every text of the application is read through."""
        return veils_of([self.application], hide=self.hide)[self.application.pk]

    @property
    def call(self) -> Call:
        return self.application.call

    @property
    def step(self) -> str:
        """A key of ``STEPS``."""
        return _step(self.assignment, self.application, self.review, self.reviewer)

    @property
    def hide(self) -> bool:
        """The applicant is hidden: where no phase says otherwise."""
        return self.phase is None or self.phase.hide_applicant

    @property
    def may_read(self) -> bool:
        return not self.reading_problem

    @property
    def may_score(self) -> bool:
        return not self.scoring_problem

    @property
    def reading_problem(self) -> str:
        """Why the application cannot be read now, in words; empty when it can."""
        if self.application.state in _GONE:
            return _("The applicant has withdrawn this application. There is nothing left to do here.")
        if self.phase is None:
            return _("The review is not open now.")
        if self.step == "declare":
            return _("First say whether you have a conflict of interest with this application.")
        return ""

    @property
    def scoring_problem(self) -> str:
        """Why nothing can be written now, in words; empty when it can."""
        if problem := self.reading_problem:
            return problem
        if self.application.state not in _REVIEWED:
            return _("The city has decided on this application. Scores are no longer changed.")
        if self.phase is None or not self.phase.may_score:
            return _("In this part of the review nothing is scored.")
        return ""


def _step(
    assignment: ReviewAssignment, application: Application, review: Review | None, reviewer: Reviewer
) -> str:
    if application.state in _GONE:
        return "withdrawn"
    if reviewer.ties_stated_at is None or assignment.declared_at is None:
        return "declare"
    if review is not None and application.state in _REVIEWED and review.revision < application.revision:
        return "changed"
    if review is not None and review.handed_in_at is not None:
        return "done"
    if application.state not in _REVIEWED:
        return "decided"
    return "read" if review is None else "begun"


def review_of(assignment: ReviewAssignment) -> Review | None:
    """Its review, which may not exist yet."""
    return getattr(assignment, "review", None)


def reviews_something(user: Any) -> bool:
    """``user`` accepted to review a call and was not removed. One query."""
    return bool(user.is_authenticated) and Reviewer.objects.active().filter(user=user).exists()


def access_seat(*, actor: Any, code: str, now: datetime) -> Seat:
    """The actor's seat before the application ``code``.

    ``NotFound`` for everyone it is not assigned to, who was removed, or has a hard conflict: which of
    these it is, is not told.
    """
    rows = ReviewAssignment.objects.present().filter(
        application__code=code, reviewer__user=actor, reviewer__state=ReviewerState.ACCEPTED
    )
    found = rows.select_related(
        "reviewer", "review", "application__call", "application__organization", "application__created_by"
    ).first()
    forbidden = forbidden_of_call(found.application.call) if found else set()
    if found is None or (found.reviewer_id, found.application_id) in forbidden:
        raise NotFound(_("This application is not assigned to you."))
    phase = active_phase(found.application.call, now)
    return Seat(found, found.reviewer, found.application, phase, review_of(found), forbidden)


@dataclass(frozen=True)
class OtherRead:
    """Another reviewer's review; ``name`` where the phase shows names, else “Reviewer A” and so on.

    ``scores``: (criterion, score in words).
    """

    name: str
    scores: list[tuple[str, str]]
    comment_city: str
    comment_applicant: str


@dataclass(frozen=True)
class Others:
    """What other reviewers handed in; where nothing is shown, ``why`` says so.

    ``aggregate`` of all reviews that count, one's own among them, on the scale ``span`` (low, high).
    """

    shown: list[OtherRead] = field(default_factory=list)
    aggregate: Aggregate | None = None
    span: tuple[int, int] = HUNDRED
    why: str = ""


def others_of(seat: Seat) -> Others:
    """The others' reviews of this application, as the phase allows; never those set aside."""
    phase, mine = seat.phase, seat.review
    if phase is None or phase.sealed or phase.see_scores == SeeScores.NEVER:
        return Others(why=_("What other reviewers write is not shown in this part of the review."))
    if phase.see_scores == SeeScores.OWN and (mine is None or mine.handed_in_at is None):
        return Others(why=_("What other reviewers wrote is shown after you hand in yours."))
    scores = scores_of_call(seat.call, seat.application.pk, forbidden=seat.forbidden).get(
        seat.application.pk, ApplicationScores()
    )
    rows = [row for row in scores.reviews if row.reviewer_id != seat.reviewer.pk]
    # Without names the order must not tell who it is: that of random ids does not.
    rows.sort(key=lambda row: row.reviewer_name if phase.see_names else str(row.review_id))
    criteria = criteria_of(seat.call)
    shown = []
    for number, row in enumerate(rows):
        name = _("Reviewer %(letter)s") % {"letter": _letter(number)}
        shown.append(
            OtherRead(
                row.reviewer_name if phase.see_names else name,
                _score_words(criteria, row),
                seat.veil.over(row.comment_city),
                seat.veil.over(row.comment_applicant),
            )
        )
    span = span_of(Scale(row.scale_min, row.scale_max, row.weight) for row in criteria)
    why = "" if rows else _("No other reviewer has handed in yet.")
    return Others(shown, scores.aggregate if rows else None, span, why)


def _score_words(criteria: Sequence[CallCriterion], read: ReviewRead) -> list[tuple[str, str]]:
    language = get_language() or "ja"
    cannot = _("Cannot judge")
    return [
        (
            row.localized("name", language),
            cannot
            if read.scores[row.pk] is None
            else _("%(value)d of %(most)d") % {"value": read.scores[row.pk], "most": row.scale_max},
        )
        for row in criteria
        if row.pk in read.scores
    ]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


@dataclass(frozen=True)
class WorkRow:
    """One assigned application. ``step`` a key of ``STEPS``; ``themes`` in words."""

    code: str
    title: str
    themes: str
    step: str
    changed_at: datetime | None
    handed_in_at: datetime | None

    @property
    def word(self) -> str | Promise:
        return STEPS[self.step][0]

    @property
    def tone(self) -> str:
        return STEPS[self.step][1]

    @property
    def is_left(self) -> bool:
        return self.step not in _OVER


@dataclass(frozen=True)
class CallWork:
    """What a reviewer has to do in one call; ``phase`` under way, ``coming`` the next one."""

    reviewer: Reviewer
    phase: ReviewPhase | None
    coming: ReviewPhase | None
    rows: list[WorkRow]
    now: datetime

    @property
    def call(self) -> Call:
        return self.reviewer.call

    @property
    def left(self) -> list[WorkRow]:
        return [row for row in self.rows if row.is_left]

    @property
    def done(self) -> int:
        return sum(row.step == "done" for row in self.rows)

    @property
    def total(self) -> int:
        """Those that count: what was withdrawn or decided meanwhile does not."""
        return sum(row.is_left or row.step == "done" for row in self.rows)

    @property
    def undeclared(self) -> int:
        return sum(row.step == "declare" for row in self.rows)

    @property
    def next(self) -> WorkRow | None:
        """What can be gone on with; None when nothing can."""
        return next((row for row in self.left if row.step != "declare"), None)

    @property
    def days_left(self) -> int:
        """Calendar days in Japan until the phase ends; 0: today."""
        if self.phase is None:
            return 0
        return (clock.local_date(self.phase.ends_at) - clock.local_date(self.now)).days

    @property
    def hours_left(self) -> int:
        return math.ceil((self.phase.ends_at - self.now).total_seconds() / 3600) if self.phase else 0


def work_of(*, actor: Any, now: datetime) -> list[CallWork]:
    """Everything the actor reviews, by call; in each what comes next first.

    The same number of queries however many applications there are.
    """
    reviewers = Reviewer.objects.active().filter(user=actor).select_related("call")
    works = [work_of_call(reviewer, now) for reviewer in reviewers.order_by("call__closes_at", "pk")]
    return sorted(works, key=lambda work: (work.phase is None, work.phase.ends_at if work.phase else now))


def work_of_call(reviewer: Reviewer, now: datetime, forbidden: Set[Pair] | None = None) -> CallWork:
    """What ``reviewer`` has to do; ``forbidden``: the conflicts of the call, where they are known."""
    call = reviewer.call
    forbidden = forbidden_of_call(call) if forbidden is None else forbidden
    rows = ReviewAssignment.objects.present().filter(reviewer=reviewer)
    rows = rows.select_related("review", "application__organization", "application__created_by")
    kept = [row for row in rows if (row.reviewer_id, row.application_id) not in forbidden]
    phases = list(ReviewPhase.objects.filter(call=call, ends_at__gt=now).order_by("starts_at"))
    phase = next((row for row in phases if row.starts_at <= now), None)
    coming = next((row for row in phases if row.starts_at > now), None)
    return CallWork(reviewer, phase, coming, _rows(reviewer, kept, phase), now)


def _rows(
    reviewer: Reviewer, assignments: Sequence[ReviewAssignment], phase: ReviewPhase | None
) -> list[WorkRow]:
    shown = [row for row in assignments if row.application.state not in _GONE]
    headings = headings_of([row.application for row in shown], hide=phase is None or phase.hide_applicant)
    language = get_language() or "ja"
    themes = {theme.code: theme.localized("name", language) for theme in Theme.objects.all()}
    found = []
    for row in assignments:
        heading = headings.get(row.application_id)
        review = review_of(row)
        found.append(
            WorkRow(
                code=row.application.code,
                title=heading.title if heading else "",
                themes=_(", ").join(themes.get(code, code) for code in heading.themes) if heading else "",
                step=_step(row, row.application, review, reviewer),
                changed_at=review.updated_at if review else None,
                handed_in_at=review.handed_in_at if review else None,
            )
        )
    order = list(STEPS)
    return sorted(found, key=lambda row: (order.index(row.step), row.code))
