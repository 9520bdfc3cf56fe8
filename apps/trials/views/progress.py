"""How a trial goes on: its steps, short notes and risks, for those who take part."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import DomainError
from apps.organizations.models import Organization
from apps.trials.domain.milestones import milestone_done, milestone_remove, milestone_save
from apps.trials.domain.notes import note_add
from apps.trials.domain.risks import risk_save, risk_set_state
from apps.trials.enums import RiskState
from apps.trials.forms.progress import MilestoneForm, NoteForm, RiskForm, RiskStateForm, tried
from apps.trials.models import Trial
from apps.trials.selectors import access_trial, may_change
from apps.trials.selectors.progress import access_milestone, access_risk, progress_of


def _context(request: HttpRequest, trial: Trial, owner: Organization, **more: Any) -> dict[str, Any]:
    return {
        "trial": trial,
        "organization": owner,
        "title": trial.localized("title", get_language() or "ja"),
        "may_write": may_change(actor=request.user, trial=trial, organization=owner),
        **more,
    }


def _back(owner: Organization, trial: Trial) -> HttpResponse:
    return redirect("trials:progress", owner.pk, trial.code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Steps, notes and risks on one page; POST adds a note."""
    write = request.method == "POST"
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=write)
    form, status = NoteForm(request.POST or None), 200
    if write:
        status = tried(form, note_add, trial=trial, actor=request.user)
        if not status:
            messages.success(request, _("Your note is kept. The city reads it too."))
            return _back(owner, trial)
    shown = progress_of(trial, reader=request.user)
    context = _context(request, trial, owner, progress=shown, form=form)
    return render(request, "trials/progress.html", context, status=status)


@login_required
@require_safe
def progress_slot(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """In the workspace of the trial: what is next; at the beginning, the question about risks."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    shown = progress_of(trial, reader=request.user)
    return render(request, "trials/_progress_slot.html", _context(request, trial, owner, progress=shown))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def milestone(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID | None = None
) -> HttpResponse:
    """A new step, or one to be changed."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    row = access_milestone(trial=trial, pk=pk) if pk else None
    form, status = MilestoneForm(request.POST or None, initial=MilestoneForm.start(row) if row else None), 200
    if request.method == "POST":
        status = tried(form, milestone_save, trial=trial, actor=request.user, milestone=row)
        if not status:
            messages.success(request, _("The step is kept."))
            return _back(owner, trial)
    context = _context(request, trial, owner, form=form, row=row)
    return render(request, "trials/milestone_form.html", context, status=status)


@login_required
@require_POST
def milestone_act(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID, act: str
) -> HttpResponse:
    """Done, not done, or taken away."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    row, actor = access_milestone(trial=trial, pk=pk), request.user
    if act not in ("done", "open", "remove"):
        raise Http404
    if act == "remove":
        milestone_remove(milestone=row, actor=actor)  # type: ignore[arg-type]
        messages.success(request, _("The step is gone."))
    else:
        milestone_done(milestone=row, actor=actor, done=act == "done")  # type: ignore[arg-type]
        messages.success(request, _("The step is kept."))
    return _back(owner, trial)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def risk(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID | None = None
) -> HttpResponse:
    """A risk told beforehand, or one to be changed."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    row = access_risk(trial=trial, pk=pk) if pk else None
    form, status = RiskForm(request.POST or None, initial=RiskForm.start(row) if row else None), 200
    if request.method == "POST":
        status = tried(form, risk_save, trial=trial, actor=request.user, risk=row)
        if not status:
            messages.success(request, _("The risk is kept. The city reads it too."))
            return _back(owner, trial)
    context = _context(request, trial, owner, form=form, row=row)
    return render(request, "trials/risk_form.html", context, status=status)


@login_required
@require_POST
def risk_state(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """It happened, it is over, or it may happen again."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    row, form = access_risk(trial=trial, pk=pk), RiskStateForm(request.POST)
    if form.is_valid():
        try:
            risk_set_state(risk=row, state=RiskState(form.cleaned_data["state"]), actor=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, error.message)
    return _back(owner, trial)
