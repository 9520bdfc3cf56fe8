"""Who reviews what: the table of a call's applications and reviewers, and an even distribution."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from apps.calls.models import Application, Call, ReviewAssignment, Reviewer
from apps.calls.rules.assigning import Candidate, Plan, Short, Subject, meets, spread
from apps.calls.rules.conflicts import Pair
from apps.calls.selectors.progress import GONE, REVIEWED, Cell, Ties, cells_of, ties_of
from apps.core.text import clean_line

#: Reviews that each application gets unless staff say otherwise.
WANTED = 3
MOST_WANTED = 10
#: Check boxes on one page at most: a form holds 1,000 fields.
_MOST_BOXES = 800


def reviewers_of(call: Call) -> list[Reviewer]:
    """Those who accepted to review ``call``, in the order in which they were invited. One query."""
    return list(Reviewer.objects.active().filter(call=call).order_by("created_at", "pk"))


@dataclass(frozen=True)
class Wish:
    """What of the table is asked for. ``only``: ``short`` (fewer than ``WANTED``) or ``none``."""

    q: str = ""
    theme: str = ""
    reviewer: str = ""
    only: str = ""
    page: str = ""

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.theme or self.reviewer or self.only)


def wish_of(asked: Mapping[str, str]) -> Wish:
    """What the address asks for; what cannot be is left out."""
    values = {name: clean_line(str(asked.get(name, "")))[:200] for name in ("q", "theme", "reviewer", "page")}
    only = str(asked.get("only", ""))
    return Wish(**values, only=only if only in ("short", "none") else "")


@dataclass(frozen=True)
class Box:
    """One reviewer before one application. ``step``: where the assignment stands, empty without one."""

    reviewer: Reviewer
    value: str
    step: str
    has_review: bool
    hard: bool
    soft: bool
    meets: bool


@dataclass(frozen=True)
class Row:
    """One application and its boxes, in the order of the reviewers."""

    application: Application
    boxes: list[Box]

    @property
    def assigned(self) -> int:
        return sum(bool(box.step) for box in self.boxes)


@dataclass(frozen=True)
class Load:
    """A column's head: how many applications the reviewer has, of those at most."""

    reviewer: Reviewer
    count: int

    @property
    def is_over(self) -> bool:
        limit = self.reviewer.load_limit
        return limit is not None and self.count > limit


@dataclass(frozen=True)
class Matrix:
    """A page of the table. ``was``: the pairs that are ticked in it."""

    loads: list[Load]
    page: Page[Any]
    rows: list[Row]
    total: int
    short: int

    @property
    def was(self) -> str:
        return " ".join(box.value for row in self.rows for box in row.boxes if box.step)


def matrix(call: Call, wish: Wish) -> Matrix:
    """The table as ``wish`` asks. The same queries for any number of rows."""
    reviewers, ties = reviewers_of(call), ties_of(call)
    cells = cells_of(call, ties)
    counts = Counter(cell.application_id for cell in cells)
    rows = under_review(call)
    size = max(5, min(50, _MOST_BOXES // max(1, len(reviewers))))
    page = Paginator(_found(rows, wish, cells, counts), size).get_page(wish.page)
    loads = Counter(cell.reviewer_id for cell in cells)
    keys = list(rows.values_list("pk", flat=True))
    return Matrix(
        loads=[Load(row, loads[row.pk]) for row in reviewers],
        page=page,
        rows=_rows(list(page.object_list), reviewers, cells, ties),
        total=len(keys),
        short=sum(counts[pk] < WANTED for pk in keys),
    )


def under_review(call: Call) -> QuerySet[Application]:
    """The applications of ``call`` that can be assigned, by their number."""
    return Application.objects.filter(call=call, state__in=REVIEWED).order_by("code")


def _found(
    rows: QuerySet[Application], wish: Wish, cells: Sequence[Cell], counts: Mapping[uuid.UUID, int]
) -> QuerySet[Application]:
    if wish.q:
        rows = rows.filter(
            Q(code__icontains=wish.q) | Q(title__icontains=wish.q) | Q(org_name__icontains=wish.q)
        )
    if wish.theme:
        rows = rows.filter(themes__contains=[wish.theme])
    if wish.reviewer:
        own = [cell.application_id for cell in cells if str(cell.reviewer_id) == wish.reviewer]
        rows = rows.filter(pk__in=own)
    if wish.only == "none":
        rows = rows.exclude(pk__in=[pk for pk, count in counts.items() if count])
    elif wish.only == "short":
        rows = rows.exclude(pk__in=[pk for pk, count in counts.items() if count >= WANTED])
    return rows.only("code", "title", "org_name", "themes", "state", "call_id")


def _rows(
    applications: Sequence[Application], reviewers: Sequence[Reviewer], cells: Sequence[Cell], ties: Ties
) -> list[Row]:
    known = {cell.pair: cell for cell in cells}
    return [
        Row(
            application,
            [_box(one, application, known.get((one.pk, application.pk)), ties) for one in reviewers],
        )
        for application in applications
    ]


def _box(reviewer: Reviewer, application: Application, cell: Cell | None, ties: Ties) -> Box:
    pair = (reviewer.pk, application.pk)
    return Box(
        reviewer=reviewer,
        value=f"{reviewer.pk}:{application.pk}",
        step=cell.step if cell else "",
        has_review=bool(cell and cell.has_review),
        hard=pair in ties.hard,
        soft=pair in ties.soft,
        meets=bool(reviewer.themes) and meets(frozenset(reviewer.themes), frozenset(application.themes)),
    )


@dataclass(frozen=True)
class PlannedReviewer:
    reviewer: Reviewer
    before: int
    added: int

    @property
    def after(self) -> int:
        return self.before + self.added


@dataclass(frozen=True)
class PlannedShort:
    """An application that stays short: ``conflicts`` reviewers may not, ``full`` have their limit."""

    application: Application
    short: Short


@dataclass(frozen=True)
class EvenPlan:
    """What an even distribution would add, before it is done."""

    plan: Plan
    reviewers: list[PlannedReviewer]
    short: list[PlannedShort]
    applications: int

    @property
    def pairs(self) -> list[Pair]:
        return [(uuid.UUID(one), uuid.UUID(other)) for one, other in self.plan.pairs]


def even_plan(call: Call, wanted: int) -> EvenPlan:
    """What would be added so that each application of ``call`` has ``wanted`` reviewers.

    What is assigned stays; a pair that was taken apart after a review was begun is not joined again.
    The same for the same facts.
    """
    reviewers, ties = reviewers_of(call), ties_of(call)
    cells = cells_of(call, ties)
    applications = list(under_review(call).only("code", "title", "org_name", "themes", "call_id"))
    loads = Counter(cell.reviewer_id for cell in cells)
    plan = spread(
        _subjects(call, applications, cells, ties),
        [Candidate(str(row.pk), frozenset(row.themes), loads[row.pk], row.load_limit) for row in reviewers],
        wanted,
    )
    known = {str(row.pk): row for row in applications}
    return EvenPlan(
        plan=plan,
        reviewers=[PlannedReviewer(row, loads[row.pk], plan.added[str(row.pk)]) for row in reviewers],
        short=[PlannedShort(known[row.key], row) for row in plan.short],
        applications=len(applications),
    )


def _subjects(
    call: Call, applications: Sequence[Application], cells: Sequence[Cell], ties: Ties
) -> list[Subject]:
    taken, forbidden = defaultdict[uuid.UUID, set[str]](set), defaultdict[uuid.UUID, set[str]](set)
    counts = Counter(cell.application_id for cell in cells)
    for cell in cells:
        taken[cell.application_id].add(str(cell.reviewer_id))
    apart = ReviewAssignment.objects.filter(
        application__call=call, removed_at__isnull=False, review__isnull=False
    ).exclude(application__state__in=GONE)
    for one, other in apart.values_list("reviewer_id", "application_id"):
        taken[other].add(str(one))
    for one, other in ties.hard:
        forbidden[other].add(str(one))
    return [
        Subject(
            str(row.pk),
            frozenset(row.themes),
            counts[row.pk],
            frozenset(taken[row.pk]),
            frozenset(forbidden[row.pk]),
        )
        for row in applications
    ]
