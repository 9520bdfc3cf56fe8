"""What a reviewer writes of an application: kept while it is written, then handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.models import Review, ReviewAssignment, ReviewScore
from apps.calls.rules import marks
from apps.calls.rules.scoring import Scale
from apps.calls.selectors.review_work import Seat, access_seat
from apps.calls.selectors.reviews import marks_of, scales_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from apps.accounts.models import User

#: One entry of the record for corrections in this time, however often the page saves by itself.
_TOLD_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class ReviewSaved:
    """What became of a page. Units as in ``rules.marks``.

    ``saved``: written now; ``conflicts``: another page wrote something else, which stays; ``held`` is
    what stays there; ``refused``: no score of this call, with words; ``bases``: what the page has seen.
    """

    review: Review | None
    saved: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)


def _locked_seat(*, actor: Any, code: str, now: datetime) -> Seat:
    """The seat with its assignment locked, so that two pages write one after the other.

    Raises ``NotFound`` (not assigned, removed, in conflict) and ``Conflict`` (nothing may be written).
    """
    rows = ReviewAssignment.objects.present().filter(application__code=code, reviewer__user=actor)
    rows.select_for_update(of=("self",)).first()
    seat = access_seat(actor=actor, code=code, now=now)
    if problem := seat.scoring_problem:
        raise Conflict(problem, code="closed")
    return seat


@transaction.atomic
def review_save(
    *,
    actor: User,
    code: str,
    revision: int,
    values: Mapping[str, str],
    bases: Mapping[str, str] | None = None,
    pen: rules.Pen = rules.NO_PEN,
    now: datetime | None = None,
) -> ReviewSaved:
    """Keep what stands on the page about the application ``code``, of which it showed ``revision``.

    ``bases`` tells what the page saw of each unit (``rules.bases_of``); None: what is stored now. Nothing
    is overwritten that another page wrote since. What was handed in stays handed in, corrected. Raises
    ``NotFound`` and ``Conflict`` (``code="closed"``).
    """
    now = now or clock.now()
    seat = _locked_seat(actor=actor, code=code, now=now)
    scales = {marks.score_unit(pk): scale for pk, scale in scales_of(seat.call).items()}
    mine, refused = _kept(values, scales)
    review = seat.review or Review(assignment=seat.assignment, revision=_revision(seat, revision))
    held = {**dict.fromkeys(scales, ""), **marks_of(seat.review)}
    if review.handed_in_at is not None:
        refused |= _emptied(mine, {unit: held[unit] for unit in scales})
    fates = {
        unit: rules.fate(
            mine=value,
            stored=held[unit],
            base=(bases or {}).get(unit),
            sure=bases is None,
            written=review.written.get(unit, {}),
            pen=pen,
        )
        for unit, value in mine.items()
    }
    saved = {unit: mine[unit] for unit, what in fates.items() if what == rules.Fate.WRITE}
    if saved:
        _write(review, saved, actor=actor, pen=pen, now=now)
    clashes = [unit for unit, what in fates.items() if what == rules.Fate.CLASH]
    stands = {**held, **saved}
    seen = dict(bases or {})
    seen |= {unit: rules.digest(value) for unit, value in mine.items() if stands[unit] == value}
    stays = {unit: held[unit] for unit in clashes}
    kept = None if review._state.adding else review
    return ReviewSaved(kept, list(saved), clashes, stays, refused, seen)


def _revision(seat: Seat, shown: int) -> int:
    """The revision that was read: never one that does not exist."""
    return min(max(shown, 0), seat.application.revision)


def _kept(
    values: Mapping[str, str], scales: Mapping[str, Scale]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What can be kept of ``values``, and in words what cannot."""
    mine: dict[str, str] = {}
    refused: dict[str, list[str]] = {}
    for unit, typed in values.items():
        if unit in marks.COMMENTS:
            text = marks.kept_comment(typed)
            problem = marks.comment_problem(text)
        elif unit in scales:
            text = marks.kept_mark(typed)
            problem = marks.mark_problem(text, scales[unit])
        else:
            text, problem = typed, _("This criterion does not belong to this call.")
        if problem:
            refused[unit] = [problem]
        else:
            mine[unit] = text
    return mine, refused


def _emptied(mine: dict[str, str], held: Mapping[str, str]) -> dict[str, list[str]]:
    """Take out of ``mine`` the scores that would be empty again: what was handed in stays whole."""
    units = [unit for unit, value in held.items() if value and mine.get(unit) == ""]
    for unit in units:
        del mine[unit]
    return {unit: [_("Choose a score, or “cannot judge”.")] for unit in units}


def _write(review: Review, values: Mapping[str, str], *, actor: Any, pen: rules.Pen, now: datetime) -> None:
    """Write ``values`` by unit on ``review``, whose assignment is locked."""
    new = review._state.adding
    for unit in marks.COMMENTS:
        if unit in values:
            setattr(review, unit, values[unit])
    told = review.written.get("told", "")
    tells = not told or now - datetime.fromisoformat(told) >= _TOLD_AGAIN_AFTER
    for unit, value in values.items():
        entry: dict[str, Any] = {"at": now.isoformat(), "digest": rules.digest(value)}
        review.written[unit] = entry | ({"pen": pen.name, "stroke": pen.stroke} if pen.name else {})
    if tells:
        review.written["told"] = now.isoformat()
    review.version = 1 if new else review.version + 1
    review.full_clean()
    review.save()
    _write_scores(review, values)
    if new or tells:
        action = "review.begin" if new else "review.correct" if review.handed_in_at else "review.save"
        record(action=action, actor=actor, target=review, data={"parts": sorted(values)})


def _write_scores(review: Review, values: Mapping[str, str]) -> None:
    for criterion in scales_of(review.assignment.application.call):
        text = values.get(marks.score_unit(criterion))
        if text is None:
            continue
        row = ReviewScore.objects.filter(review=review, criterion=criterion).first()
        row = row or ReviewScore(review=review, criterion_id=criterion)
        row.value, row.cannot_judge = marks.mark_value(text), text == marks.CANNOT
        row.full_clean()
        row.save()


@transaction.atomic
def review_hand_in(*, actor: User, code: str, revision: int, now: datetime | None = None) -> Review:
    """Hand in what is kept (``review_save``) about ``revision``, which must be the latest.

    Each criterion must have a score or “cannot judge”; comments may be empty. To hand in again says that
    it holds for a new revision. Raises ``NotFound``, ``Conflict`` (``code`` ``closed``, or ``revision``
    when the applicant handed in anew) and ``InvalidInput`` with the units that miss something.
    """
    now = now or clock.now()
    seat = _locked_seat(actor=actor, code=code, now=now)
    if revision != seat.application.revision:
        raise Conflict(
            _("The applicant has handed in anew meanwhile. Look at what changed, then hand in."),
            code="revision",
        )
    held = marks_of(seat.review)
    missing: dict[str, list[str]] = {}
    for pk, scale in scales_of(seat.call).items():
        unit = marks.score_unit(pk)
        if problem := marks.mark_problem(held.get(unit, ""), scale):
            missing[unit] = [problem]
        elif not held.get(unit):
            missing[unit] = [_("Choose a score, or “cannot judge”.")]
    if missing:
        raise InvalidInput(_("Some criteria have no score yet."), fields=missing)
    review = seat.review or Review(assignment=seat.assignment, version=0)
    again = review.handed_in_at is not None
    review.revision, review.handed_in_at = seat.application.revision, now
    review.version += 1
    review.full_clean()
    review.save()
    data = {"revision": review.revision, "again": again}
    record(action="review.hand_in", actor=actor, target=review, data=data)
    return review
