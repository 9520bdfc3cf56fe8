"""One application in the deliberation: each reviewer's scores and comments, and its decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calls.enums import ApplicationState, Outcome
from apps.calls.models import Application, CallCriterion, Decision, ReviewAssignment, Reviewer
from apps.calls.rules.conflicts import Pair
from apps.calls.rules.scoring import Aggregate, Scale, span_of
from apps.calls.selectors.conflicts import Finding, conflicts_of_call
from apps.calls.selectors.deliberation import (
    Load,
    applications_of,
    asked_of,
    granted_load,
    hard_of,
)
from apps.calls.selectors.flags import flags_by_row
from apps.calls.selectors.phases import sealed_until
from apps.calls.selectors.reviews import ApplicationScores, ReviewRead, scores_of_call
from apps.core import clock


@dataclass(frozen=True)
class Criterion:
    """``scale``: in words (1–5); ``weight``: as it counts beside the others."""

    name: str
    scale: str
    weight: str


@dataclass(frozen=True)
class Voice:
    """A review that counts, or was set aside: ``values`` in the order of the criteria (None: no score)."""

    read: ReviewRead
    values: list[int | None]
    aside: bool
    older: bool


@dataclass(frozen=True)
class Connection:
    """A conflict of interest in words: of whom, what follows, how it is known, its ground."""

    name: str
    kind: str
    source: str
    ground: str
    note: str


@dataclass(frozen=True)
class Panel:
    """``waiting``: reviewers who did not hand in; ``conflicts``: on record; ``following``: the next
    application that nobody decided; ``load``: what all adoptions take so far."""

    decision: Decision | None
    criteria: list[Criterion]
    voices: list[Voice]
    waiting: list[str]
    conflicts: Sequence[Connection]
    scores: Aggregate
    span: tuple[int, int]
    sealed: datetime | None
    flags: list[Any]
    asked: tuple[int, int]
    load: Load
    following: Application | None
    before: Application | None
    after: Application | None

    @property
    def devices_hint(self) -> str:
        return _hint(self.asked[0], self.load.devices, self.load.capacity_devices)

    @property
    def messages_hint(self) -> str:
        return _hint(self.asked[1], self.load.messages, self.load.capacity_messages)


def _hint(asked: int, granted: int, most: int | None) -> str:
    """What stands beside a number that is granted."""
    numbers = {"asked": f"{asked:,}", "granted": f"{granted:,}"}
    if most is None:
        return _("Asked: %(asked)s. Granted so far in this call: %(granted)s.") % numbers
    words = _("Asked: %(asked)s. Granted so far in this call: %(granted)s. The network can bear %(most)s.")
    return words % {**numbers, "most": f"{most:,}"}


def panel_of(application: Application, now: datetime | None = None) -> Panel:
    """Everything beside the answers. The same queries however many reviewers there are."""
    call = application.call
    sealed = sealed_until(call, now or clock.now())
    criteria = list(CallCriterion.objects.filter(call=call).order_by("order", "created_at"))
    conflicts = conflicts_of_call(call)
    given = ApplicationScores()
    if not sealed:
        scores = scores_of_call(call, application.pk, forbidden=hard_of(conflicts))
        given = scores.get(application.pk, given)
    present = ReviewAssignment.objects.present().filter(application=application).select_related("reviewer")
    done = {read.reviewer_id for read in (*given.reviews, *given.set_aside)}
    before, after, following = _neighbours(application)
    return Panel(
        decision=Decision.objects.filter(application=application)
        .select_related("decided_by", "signed_by", "published_by")
        .first(),
        criteria=[_criterion(row) for row in criteria],
        voices=[
            Voice(
                read,
                [read.scores.get(row.pk) for row in criteria],
                read in given.set_aside,
                read.revision < application.revision,
            )
            for read in (*given.reviews, *given.set_aside)
        ],
        waiting=[] if sealed else [row.reviewer.name for row in present if row.reviewer_id not in done],
        conflicts=_conflicts(application, conflicts),
        scores=given.aggregate,
        span=span_of([Scale(row.scale_min, row.scale_max, row.weight) for row in criteria]),
        sealed=sealed,
        flags=[
            flag for flag in flags_by_row([application], actor=None)[application.pk] if flag.code != "unread"
        ],
        asked=asked_of(application),
        load=granted_load(call),
        following=following,
        before=before,
        after=after,
    )


def _conflicts(application: Application, found: Mapping[Pair, Finding]) -> list[Connection]:
    """On record, or found now."""
    names = dict(Reviewer.objects.filter(call=application.call).values_list("pk", "name"))
    rows = [
        Connection(
            names.get(who, ""),
            str(finding.kind.label),
            str(finding.source.label),
            str(finding.ground.label),
            finding.stored.note if finding.stored else "",
        )
        for (who, pk), finding in found.items()
        if pk == application.pk
    ]
    return sorted(rows, key=lambda row: (row.kind, row.name))


def _criterion(row: CallCriterion) -> Criterion:
    language = get_language() or "ja"
    weight = f"{row.weight.normalize():f}"
    return Criterion(
        str(row.localized("name", language)),
        f"{row.scale_min}–{row.scale_max}",
        _("weight %(weight)s") % {"weight": weight},
    )


def _neighbours(
    application: Application,
) -> tuple[Application | None, Application | None, Application | None]:
    """By number the one before and after, and the next that nobody decided, round to the first. One query."""
    rows = list(
        applications_of(application.call)
        .select_related("decision")
        .only("pk", "code", "state", "decision__outcome")
    )
    at = next((index for index, row in enumerate(rows) if row.pk == application.pk), None)
    if at is None:
        return None, None, None
    round_again = [*rows[at + 1 :], *rows[:at]]
    following = next((row for row in round_again if _is_open(row)), None)
    return (
        rows[at - 1] if at else None,
        rows[at + 1] if at + 1 < len(rows) else None,
        following,
    )


def _is_open(row: Application) -> bool:
    decision = getattr(row, "decision", None)
    return row.state == ApplicationState.SUBMITTED and (
        decision is None or decision.outcome not in Outcome.values
    )
