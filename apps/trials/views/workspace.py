"""The workspace of a trial, for those who take part."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.registry import Due, dues, facts
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.trials.models import Trial
from apps.trials.rules import OVER
from apps.trials.selectors import (
    access_trial,
    may_change,
    trials_of,
    workspace_facts,
    workspace_steps,
)
from apps.trials.selectors.changes import open_change

#: Things that are next on an organization's first page.
MOST_DUES = 8


@login_required
@require_safe
def trial_workspace(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Days left, quotas, what is next; devices, data and report come by slots."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    may_write = may_change(actor=request.user, trial=trial, organization=owner)
    shown = workspace_facts(trial)
    context = {
        "trial": trial,
        "organization": owner,
        "title": trial.localized("title", get_language() or "ja"),
        "facts": shown,
        "steps": workspace_steps(trial, shown),
        "data": facts("trials.data", [trial]).get(trial.pk),
        "dues": [(due, "") for due in dues([trial], owner)],
        "today": clock.local_date(),
        "may_write": may_write,
        "waiting": open_change(trial),
        "over": shown.phase in OVER,
    }
    return render(request, "trials/trial_workspace.html", context)


@login_required
@require_safe
def organization_trials(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """What is next, and the organization's trials at a glance, for its workspace's first page."""
    owner = access_organization(actor=request.user, pk=organization)
    trials = list(trials_of(owner).prefetch_related("quotas"))
    context = {
        "organization": owner,
        "glances": _glances(trials),
        "dues": _dues(trials, owner),
        "today": clock.local_date(),
    }
    return render(request, "trials/_organization_trials.html", context)


def _dues(trials: list[Trial], owner: Organization) -> list[tuple[Due, str]]:
    """What is next, and in which trial where there are several."""
    codes = {trial.pk: trial.code for trial in trials} if len(trials) > 1 else {}
    return [(due, codes.get(due.trial, "")) for due in dues(trials, owner)[:MOST_DUES]]


def _glances(trials: list[Trial]) -> list[dict[str, Any]]:
    """Each trial with its days, its devices by state and its data; those that are over last."""
    data, devices = facts("trials.data", trials), facts("trials.devices", trials)
    rows = [
        {
            "trial": trial,
            "title": trial.localized("title", get_language() or "ja"),
            "facts": workspace_facts(trial),
            "data": data.get(trial.pk),
            "devices": devices.get(trial.pk),
            "over": trial.phase() in OVER,
        }
        for trial in trials
    ]
    return sorted(rows, key=lambda row: bool(row["over"]))
