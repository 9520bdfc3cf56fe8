"""The workspace of a trial, for those who take part."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.organizations.selectors import access_organization
from apps.trials.rules import OVER
from apps.trials.selectors import (
    access_trial,
    may_change,
    trials_of,
    workspace_facts,
    workspace_steps,
)
from apps.trials.selectors.changes import open_change


@login_required
@require_safe
def trial_workspace(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Days left, quotas, what is next; devices, data and report come by slots."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    may_write = may_change(actor=request.user, trial=trial, organization=owner)
    facts = workspace_facts(trial)
    context = {
        "trial": trial,
        "organization": owner,
        "title": trial.localized("title", get_language() or "ja"),
        "facts": facts,
        "steps": workspace_steps(trial, facts),
        "may_write": may_write,
        "waiting": open_change(trial),
        "over": facts.phase in OVER,
    }
    return render(request, "trials/trial_workspace.html", context)


@login_required
@require_safe
def organization_trials(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's trials, for its workspace's first page."""
    owner = access_organization(actor=request.user, pk=organization)
    trials = [(trial, workspace_facts(trial)) for trial in trials_of(owner).prefetch_related("quotas")]
    return render(request, "trials/_organization_trials.html", {"organization": owner, "trials": trials})
