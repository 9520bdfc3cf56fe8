"""What is next in trials, for the company: steps, answers to its requests, the end, the report."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.core.registry import Due, facts
from apps.organizations.models import Organization
from apps.trials.enums import ChangeState, TrialPhase
from apps.trials.models import Milestone, Trial, TrialChange
from apps.trials.rules import OVER, days_left

#: A report is named so long before its day.
REPORT_AHEAD = timedelta(days=60)
#: An answer of the city is named for so long.
ANSWER_SHOWN = timedelta(days=14)


def trial_dues(trials: Sequence[Trial], organization: Organization) -> Iterator[Due]:
    """Three queries, however many trials there are."""
    today = clock.local_date()
    steps: dict[uuid.UUID, Milestone] = {}
    for step in Milestone.objects.filter(trial__in=trials, done_on=None).order_by("due_on", "created_at"):
        steps.setdefault(step.trial_id, step)
    changes: dict[uuid.UUID, list[TrialChange]] = {}
    answered = (ChangeState.APPROVED, ChangeState.PARTLY, ChangeState.DECLINED)
    since = clock.now() - ANSWER_SHOWN
    for change in TrialChange.objects.filter(trial__in=trials, state__in=answered, decided_at__gte=since):
        changes.setdefault(change.trial_id, []).append(change)
    reported = facts("trials.report", trials)
    for trial in trials:
        yield from _answers(trial, organization, changes.get(trial.pk, []))
        if trial.pk in steps and trial.phase() not in OVER:
            yield _step(trial, organization, steps[trial.pk], today)
        yield from _dates(trial, organization, today, reported=bool(reported.get(trial.pk)))


def _home(trial: Trial, organization: Organization) -> str:
    return reverse("trials:trial-workspace", args=[organization.pk, trial.code])


def _answers(trial: Trial, organization: Organization, changes: Sequence[TrialChange]) -> Iterator[Due]:
    for change in changes:
        yield Due(
            trial=trial.pk,
            title=_("The city answered your request: %(answer)s") % {"answer": change.get_state_display()},
            detail=_("See what changes."),
            url=reverse("trials:change-detail", args=[organization.pk, trial.code, change.number]),
        )


def _step(trial: Trial, organization: Organization, step: Milestone, today: date) -> Due:
    late = step.due_on < today
    return Due(
        trial=trial.pk,
        title=step.title,
        detail=_("A step of your plan whose day has passed.") if late else _("The next step of your plan."),
        url=reverse("trials:progress", args=[organization.pk, trial.code]),
        day=step.due_on,
    )


def _dates(trial: Trial, organization: Organization, today: date, *, reported: bool) -> Iterator[Due]:
    phase = trial.phase()
    if phase == TrialPhase.UPCOMING:
        words = _("Devices can be registered before that day.")
        yield Due(trial.pk, _("The trial begins"), words, _home(trial, organization), trial.starts_on)
    if phase in (TrialPhase.RUNNING, TrialPhase.PAUSED):
        left = days_left(starts_on=trial.starts_on, ends_on=trial.last_day, today=today)
        words = ngettext("%(count)d day is left.", "%(count)d days are left.", left) % {"count": left}
        yield Due(trial.pk, _("The trial ends"), words, _home(trial, organization), trial.last_day)
    due: Any = trial.report_due_on
    near = due is not None and due - today <= REPORT_AHEAD
    if not reported and (phase in OVER or near):
        words = _("A trial that did not work counts as much.")
        yield Due(trial.pk, _("Hand in the report"), words, _home(trial, organization), due)
