"""How far the review of a call is: by reviewer and by application. Numbers only, never a score.

Every function asks the same number of queries however many rows there are.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q

from apps.calls.enums import ApplicationState, ConflictSource, ReviewerState
from apps.calls.models import Application, Call, ReviewAssignment, Reviewer, ReviewPhase
from apps.calls.rules.conflicts import Pair
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.phases import scoring_phase
from apps.core import clock

#: In these states an application is being reviewed.
REVIEWED = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)
#: In these it is nobody's work any more, and in no list.
GONE = (ApplicationState.WITHDRAWN, ApplicationState.DRAFT)
#: Where an assignment stands.
DECLARE, READ, BEGUN, CHANGED, DONE, OVER = "declare", "read", "begun", "changed", "done", "over"
#: Steps with something left to do.
LEFT = (DECLARE, READ, BEGUN, CHANGED)
#: A reviewer is not reminded again before this has passed.
BETWEEN_REMINDERS = timedelta(hours=24)


@dataclass(frozen=True)
class Ties:
    """The conflicts of interest of a call that stand, by reviewer and application."""

    hard: frozenset[Pair]
    soft: frozenset[Pair]
    recused: frozenset[Pair]


@dataclass(frozen=True)
class Cell:
    """One assignment that counts. ``step``: one of ``DECLARE`` … ``OVER`` (decided meanwhile)."""

    reviewer_id: uuid.UUID
    application_id: uuid.UUID
    step: str
    has_review: bool
    assigned_at: datetime

    @property
    def pair(self) -> Pair:
        return self.reviewer_id, self.application_id

    @property
    def is_left(self) -> bool:
        return self.step in LEFT


def ties_of(call: Call) -> Ties:
    """The conflicts of ``call``. A hard one takes the application away from its reviewer."""
    found = conflicts_of_call(call)
    return Ties(
        hard=frozenset(pair for pair, finding in found.items() if finding.is_hard),
        soft=frozenset(pair for pair, finding in found.items() if not finding.is_hard),
        recused=frozenset(
            pair for pair, finding in found.items() if finding.source == ConflictSource.RECUSED
        ),
    )


def cells_of(call: Call, ties: Ties) -> list[Cell]:
    """Every assignment of ``call`` that counts: of reviewers who review, of applications that were not
    withdrawn, without a hard conflict. One query."""
    rows = ReviewAssignment.objects.present().filter(
        application__call=call, reviewer__call=call, reviewer__state=ReviewerState.ACCEPTED
    )
    names = (
        "reviewer_id",
        "application_id",
        "created_at",
        "application__state",
        "application__revision",
        "review__revision",
    )
    # Yes and no instead of moments: a call has many assignments, and most pages count them.
    flags = (
        Q(declared_at__isnull=False, reviewer__ties_stated_at__isnull=False),
        Q(review__handed_in_at__isnull=False),
    )
    found = rows.exclude(application__state__in=GONE).order_by("created_at", "pk")
    return [
        Cell(one, other, _step(state, current, revision, declared, handed_in), revision is not None, at)
        for one, other, at, state, current, revision, declared, handed_in in found.values_list(
            *names, *(ExpressionWrapper(flag, BooleanField()) for flag in flags)
        )
        if (one, other) not in ties.hard
    ]


def _step(state: str, current: int, revision: int | None, declared: bool, handed_in: bool) -> str:
    """The steps of ``selectors.review_work``, from bare values."""
    if state not in REVIEWED:
        return DONE if declared and handed_in else OVER
    if not declared:
        return DECLARE
    if revision is not None and revision < current:
        return CHANGED
    if handed_in:
        return DONE
    return READ if revision is None else BEGUN


@dataclass(frozen=True)
class ReviewerProgress:
    """What one reviewer was given and has done; ``may_be_reminded_at``: not before (None: at once)."""

    reviewer: Reviewer
    assigned: int
    declared: int
    begun: int
    done: int
    left: int
    recused: int
    new: int

    @property
    def may_be_reminded_at(self) -> datetime | None:
        last = self.reviewer.reminded_at
        return last + BETWEEN_REMINDERS if last else None

    def is_due(self, now: datetime) -> bool:
        """Something is left, and the last reminder is a day ago."""
        at = self.may_be_reminded_at
        return self.left > 0 and (at is None or at <= now)


@dataclass(frozen=True)
class ApplicationProgress:
    """How many of an application's reviewers have handed in."""

    pk: uuid.UUID
    code: str
    title: str
    org_name: str
    state: str
    assigned: int
    done: int

    @property
    def is_complete(self) -> bool:
        return self.assigned > 0 and self.done == self.assigned


@dataclass(frozen=True)
class Progress:
    """``phase``: that in which reviewers score, under way or next; None when none is left."""

    call: Call
    now: datetime
    phase: ReviewPhase | None
    reviewers: list[ReviewerProgress]
    applications: list[ApplicationProgress]
    #: Invited, without an answer yet.
    waiting: int

    @property
    def assigned(self) -> int:
        return sum(row.assigned for row in self.applications)

    @property
    def done(self) -> int:
        return sum(row.done for row in self.applications)

    @property
    def left(self) -> int:
        return sum(row.left for row in self.reviewers)

    @property
    def is_scoring(self) -> bool:
        return self.phase is not None and self.phase.starts_at <= self.now

    @property
    def days_left(self) -> int | None:
        """Calendar days in Japan until scoring ends; 0: today; None: no phase is left."""
        if self.phase is None:
            return None
        return (clock.local_date(self.phase.ends_at) - clock.local_date(self.now)).days

    @property
    def reminded_next(self) -> list[ReviewerProgress]:
        """Who would be reminded now."""
        return [row for row in self.reviewers if row.is_due(self.now)] if self.is_scoring else []

    @property
    def told_next(self) -> list[ReviewerProgress]:
        """Who was given something since the last mail about it."""
        return [row for row in self.reviewers if row.new]

    def short_of(self, wanted: int) -> list[ApplicationProgress]:
        """Applications under review with fewer than ``wanted`` reviewers."""
        return [row for row in self.applications if row.assigned < wanted and row.state in REVIEWED]


def progress_of(call: Call, now: datetime | None = None) -> Progress:
    """How far the review of ``call`` is."""
    now = now or clock.now()
    ties = ties_of(call)
    cells = cells_of(call, ties)
    people = list(Reviewer.objects.present().filter(call=call).order_by("created_at", "pk"))
    active = [row for row in people if row.state == ReviewerState.ACCEPTED]
    return Progress(
        call=call,
        now=now,
        phase=scoring_phase(call, now),
        reviewers=_by_reviewer(active, cells, ties),
        applications=_by_application(call, cells),
        waiting=sum(row.state == ReviewerState.INVITED for row in people),
    )


def _by_reviewer(active: Iterable[Reviewer], cells: Iterable[Cell], ties: Ties) -> list[ReviewerProgress]:
    steps: Counter[tuple[uuid.UUID, str]] = Counter((cell.reviewer_id, cell.step) for cell in cells)
    given = Counter(cell.reviewer_id for cell in cells)
    recused = Counter(one for one, _other in ties.recused)
    told = {row.pk: row.assigned_mail_at for row in active}
    new: Counter[uuid.UUID] = Counter()
    for cell in cells:
        last = told.get(cell.reviewer_id)
        new[cell.reviewer_id] += cell.is_left and (last is None or cell.assigned_at > last)
    return [
        ReviewerProgress(
            reviewer=row,
            assigned=given[row.pk],
            declared=given[row.pk] - steps[row.pk, DECLARE],
            begun=steps[row.pk, BEGUN] + steps[row.pk, CHANGED],
            done=steps[row.pk, DONE],
            left=sum(steps[row.pk, step] for step in LEFT),
            recused=recused[row.pk],
            new=new[row.pk],
        )
        for row in active
    ]


def _by_application(call: Call, cells: Iterable[Cell]) -> list[ApplicationProgress]:
    given, done = Counter[uuid.UUID](), Counter[uuid.UUID]()
    for cell in cells:
        given[cell.application_id] += 1
        done[cell.application_id] += cell.step == DONE
    rows = Application.objects.filter(call=call).exclude(state__in=GONE).order_by("code")
    return [
        ApplicationProgress(pk, code, title, org_name, state, given[pk], done[pk])
        for pk, code, title, org_name, state in rows.values_list("pk", "code", "title", "org_name", "state")
    ]
