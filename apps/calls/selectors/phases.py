"""The phases of a review: which is under way, what it allows in words, whether scores are sealed.

Nothing of this is stored: it follows from the phases' dates and the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.enums import SeeScores
from apps.calls.models import Call, ReviewPhase
from apps.calls.rules import day_time
from apps.core import clock

#: States of a phase by the clock.
PAST, NOW, COMING = "past", "now", "coming"


def active_phase(call: Call, now: datetime | None = None) -> ReviewPhase | None:
    """The phase of ``call`` that is under way at ``now``, or None. One query."""
    rows = ReviewPhase.objects.filter(call=call)
    return rows.filter(starts_at__lte=now or clock.now(), ends_at__gt=now or clock.now()).first()


def scoring_phase(call: Call, now: datetime | None = None) -> ReviewPhase | None:
    """The phase in which reviewers score: the one under way, else the next; None when none is left."""
    rows = ReviewPhase.objects.filter(call=call, may_score=True, ends_at__gt=now or clock.now())
    return rows.order_by("starts_at").first()


def sealed(call: Call, now: datetime) -> bool:
    """Staff see no scores: a sealed phase of ``call`` is under way or still to come. One query."""
    return ReviewPhase.objects.filter(call=call, sealed=True, ends_at__gt=now).exists()


def sealed_until(call: Call, now: datetime) -> datetime | None:
    """When the scores open to staff; None when they are open. One query."""
    rows = ReviewPhase.objects.filter(call=call, sealed=True, ends_at__gt=now)
    return rows.order_by("-ends_at").values_list("ends_at", flat=True).first()


@dataclass(frozen=True)
class PhaseRow:
    """A phase with where it stands (``PAST``, ``NOW``, ``COMING``) and what it allows, a sentence each."""

    phase: ReviewPhase
    stands: str
    words: Sequence[str]


def phases_of(call: Call, now: datetime) -> list[PhaseRow]:
    """All phases of ``call`` in their order. One query."""
    rows = ReviewPhase.objects.filter(call=call).order_by("starts_at")
    return [PhaseRow(row, _stands(row, now), allowed_words(row)) for row in rows]


def _stands(phase: ReviewPhase, now: datetime) -> str:
    if phase.ends_at <= now:
        return PAST
    return NOW if phase.starts_at <= now else COMING


def allowed_words(phase: ReviewPhase) -> list[str]:
    """What ``phase`` lets reviewers and staff do and see, in words."""
    seen = {
        SeeScores.NEVER: _("They do not see what others wrote."),
        SeeScores.OWN: _("They see what others wrote once their own review is handed in."),
        SeeScores.ALWAYS: _("They see what others wrote."),
    }
    words = [
        _("Reviewers score.") if phase.may_score else _("Reviewers read. Nothing is scored."),
        _("The applicant’s name is hidden from them.")
        if phase.hide_applicant
        else _("They see who applied."),
        # While it is sealed nobody sees them.
        seen[SeeScores.NEVER if phase.sealed else SeeScores(phase.see_scores)],
    ]
    if phase.see_scores != SeeScores.NEVER and not phase.sealed:
        words.append(
            _("With the names of the reviewers.") if phase.see_names else _("Without the reviewers’ names.")
        )
    if phase.sealed:
        words.append(_("Sealed: staff see no scores until it has ended, only how many are in."))
    return words


def consequences(before: ReviewPhase, after: ReviewPhase | None, left: int, now: datetime) -> list[str]:
    """What changing (``after`` None: removing) the phase ``before`` does to people while it is under way.

    ``left``: reviews that are not handed in. Empty when it is not under way or nothing is taken away.
    """
    if not before.starts_at <= now < before.ends_at:
        return []
    ends = after is None or after.ends_at <= now or after.starts_at > now
    words = []
    stops = after is None or ends or not after.may_score
    if before.may_score and stops:
        words.append(_("Reviewers can score no more from the moment you save."))
    elif before.may_score and after is not None and after.ends_at < before.ends_at:
        words.append(_("Reviewers can score only until %(at)s.") % {"at": day_time(after.ends_at)})
    if words and left:
        missing = ngettext(
            "%(count)d review is not handed in. What was begun is kept, but does not count.",
            "%(count)d reviews are not handed in. What was begun is kept, but does not count.",
            left,
        )
        words.append(missing % {"count": left})
    if before.sealed and (after is None or ends or not after.sealed):
        words.append(_("The seal breaks: staff see the scores from the moment you save."))
    if after is None or ends:
        return words
    if before.hide_applicant and not after.hide_applicant:
        words.append(_("Reviewers see at once who applied. That cannot be taken back."))
    if before.see_scores == SeeScores.NEVER and after.see_scores != SeeScores.NEVER:
        words.append(_("Reviewers see at once what others wrote. That cannot be taken back."))
    return words
