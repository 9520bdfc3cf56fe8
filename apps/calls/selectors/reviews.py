"""The reviews of a call: what was handed in, what counts, and what several say together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from apps.calls.models import Call, CallCriterion, Review, ReviewScore
from apps.calls.rules import marks
from apps.calls.rules.conflicts import Pair
from apps.calls.rules.scoring import Aggregate, Scale, aggregate, total
from apps.calls.selectors.conflicts import forbidden_of_call


@dataclass(frozen=True)
class ReviewRead:
    """One review that was handed in. ``total`` on the scale of ``rules.scoring.span_of``, None when
    nothing could be judged; ``scores``: None for “cannot judge”; ``revision``: the one that was scored."""

    review_id: uuid.UUID
    application_id: uuid.UUID
    reviewer_id: uuid.UUID
    reviewer_name: str
    revision: int
    handed_in_at: datetime
    comment_city: str
    comment_applicant: str
    scores: Mapping[uuid.UUID, int | None]
    total: float | None


@dataclass(frozen=True)
class ApplicationScores:
    """``reviews`` count; ``set_aside`` were handed in by who has a conflict of interest, and do not."""

    reviews: list[ReviewRead] = field(default_factory=list)
    set_aside: list[ReviewRead] = field(default_factory=list)
    aggregate: Aggregate = field(default_factory=Aggregate)


def criteria_of(call: Call) -> list[CallCriterion]:
    """What is scored in ``call``, in its order. One query."""
    return list(CallCriterion.objects.filter(call=call).order_by("order", "created_at"))


def scales_of(call: Call) -> dict[uuid.UUID, Scale]:
    """The scale of each criterion of ``call``, in their order. One query."""
    return {row.pk: Scale(row.scale_min, row.scale_max, row.weight) for row in criteria_of(call)}


def marks_of(review: Review | None) -> dict[str, str]:
    """What is stored of a review, by unit (``rules.marks``); empty texts where nothing is. One query."""
    if review is None:
        return dict.fromkeys(marks.COMMENTS, "")
    found = {unit: str(getattr(review, unit)) for unit in marks.COMMENTS}
    rows = ReviewScore.objects.filter(review=review).values_list("criterion", "value", "cannot_judge")
    for criterion, value, cannot in rows:
        found[marks.score_unit(criterion)] = marks.mark_words(value, cannot_judge=cannot)
    return found


def scores_of_call(
    call: Call,
    application: uuid.UUID | None = None,
    *,
    comments: bool = True,
    forbidden: Set[Pair] | None = None,
) -> dict[uuid.UUID, ApplicationScores]:
    """What was handed in of every application of ``call`` (of one, when given), by application.

    Applications without a review are not in it. Reviews of removed reviewers and assignments are left
    out; those with a hard conflict are apart and do not count. Three queries and those of the conflicts,
    however many there are. ``comments=False``: without the texts. ``forbidden``: the hard conflicts, where
    the caller has asked for them already. Whether the phase is sealed is for the caller to ask
    (``selectors.phases``).
    """
    scales = scales_of(call)
    forbidden = forbidden_of_call(call) if forbidden is None else forbidden
    found: dict[uuid.UUID, tuple[list[ReviewRead], list[ReviewRead]]] = defaultdict(lambda: ([], []))
    for read in _handed_in(call, application, scales, comments):
        aside = (read.reviewer_id, read.application_id) in forbidden
        found[read.application_id][aside].append(read)
    return {
        pk: ApplicationScores(counted, aside, aggregate(read.total for read in counted))
        for pk, (counted, aside) in found.items()
    }


def _handed_in(
    call: Call, application: uuid.UUID | None, scales: Mapping[uuid.UUID, Scale], comments: bool
) -> list[ReviewRead]:
    rows = Review.objects.filter(
        assignment__application__call=call,
        assignment__removed_at__isnull=True,
        assignment__reviewer__removed_at__isnull=True,
        handed_in_at__isnull=False,
    )
    given = ReviewScore.objects.filter(review__in=rows)
    if application is not None:
        rows = rows.filter(assignment__application=application)
        given = given.filter(review__assignment__application=application)
    scores: dict[uuid.UUID, dict[uuid.UUID, int | None]] = defaultdict(dict)
    for review, criterion, value, cannot in given.values_list(
        "review", "criterion", "value", "cannot_judge"
    ).iterator(chunk_size=5000):
        # A row with neither is left from a draft: it was emptied again.
        if value is not None or cannot:
            scores[review][criterion] = value
    texts = ("comment_city", "comment_applicant") if comments else ()
    names = ("pk", "revision", "handed_in_at", *texts)
    more = ("assignment__application", "assignment__reviewer", "assignment__reviewer__name")
    return [
        ReviewRead(
            review_id=row["pk"],
            application_id=row["assignment__application"],
            reviewer_id=row["assignment__reviewer"],
            reviewer_name=row["assignment__reviewer__name"],
            revision=row["revision"],
            handed_in_at=row["handed_in_at"],
            comment_city=row.get("comment_city", ""),
            comment_applicant=row.get("comment_applicant", ""),
            scores=scores[row["pk"]],
            total=total(scores[row["pk"]], scales),
        )
        for row in rows.order_by("assignment__reviewer__created_at", "pk").values(*names, *more)
    ]
