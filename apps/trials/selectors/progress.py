"""Steps, notes and risks of a trial for those who may read them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import NotFound
from apps.trials.enums import RiskState
from apps.trials.models import Milestone, Risk, Trial, TrialNote
from apps.trials.rules import OVER

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Notes on one page; older ones are few and stay in the record.
MOST_NOTES = 50


@dataclass(frozen=True)
class Progress:
    """``asks_for_risks``: nothing was said yet of what may go wrong, and the trial is not over."""

    trial: Trial
    milestones: list[Milestone]
    notes: list[TrialNote]
    risks: list[Risk]
    today: date
    asks_for_risks: bool

    @property
    def next_milestone(self) -> Milestone | None:
        return next((row for row in self.milestones if row.done_on is None), None)

    @property
    def overdue(self) -> list[Milestone]:
        return [row for row in self.milestones if row.done_on is None and row.due_on < self.today]

    @property
    def open_risks(self) -> list[Risk]:
        return [row for row in self.risks if row.state != RiskState.CLOSED]


def progress_of(trial: Trial, *, reader: User | Any) -> Progress:
    """What ``reader`` may read: the city's own notes are for staff alone. Three queries."""
    notes = TrialNote.objects.filter(trial=trial).select_related("author")
    if not reader.is_staff:
        notes = notes.filter(staff_only=False)
    risks = list(Risk.objects.filter(trial=trial))
    return Progress(
        trial=trial,
        milestones=list(Milestone.objects.filter(trial=trial)),
        notes=list(notes[:MOST_NOTES]),
        risks=sorted(risks, key=lambda row: (row.state == RiskState.CLOSED, -row.likelihood * row.effect)),
        today=clock.local_date(),
        asks_for_risks=not risks and trial.phase() not in OVER,
    )


def _gone() -> NotFound:
    return NotFound(_("This page does not exist."))


def access_milestone(*, trial: Trial, pk: uuid.UUID) -> Milestone:
    """A step of ``trial``, which the caller may read; raises ``NotFound``."""
    row = Milestone.objects.filter(trial=trial, pk=pk).first()
    if row is None:
        raise _gone()
    return row


def access_risk(*, trial: Trial, pk: uuid.UUID) -> Risk:
    """A risk of ``trial``, which the caller may read; raises ``NotFound``."""
    row = Risk.objects.filter(trial=trial, pk=pk).first()
    if row is None:
        raise _gone()
    return row
