"""Asking the city to change a trial, for those who manage it; its history, for those who take part."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.calls.domain.letter import letter_content, letter_name
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.organizations.models import Organization
from apps.trials.domain import change_ask, change_take_back
from apps.trials.enums import ChangeState
from apps.trials.forms import AskForm
from apps.trials.models import Trial
from apps.trials.rules import OVER
from apps.trials.selectors import access_trial, may_change
from apps.trials.selectors.changes import (
    access_change,
    change_letter_of,
    change_rows,
    changes_of,
    history,
    open_change,
)
from apps.trials.selectors.versions import standing


def _context(trial: Trial, owner: Organization, **more: Any) -> dict[str, Any]:
    title = trial.localized("title", get_language() or "ja")
    over = trial.phase() in OVER
    return {"trial": trial, "organization": owner, "title": title, "over": over, **more}


@login_required
@require_safe
def change_list(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """What was asked and answered, and every version of the trial in plain words."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    may_write = may_change(actor=request.user, trial=trial, organization=owner)
    changes = list(changes_of(trial))
    context = _context(
        trial,
        owner,
        changes=changes,
        waiting=any(change.state == ChangeState.ASKED for change in changes),
        history=history(trial),
        may_write=may_write,
    )
    return render(request, "trials/change_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_new(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The trial as it is, to be written over; what is other is asked."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    leads = owner.pk == trial.organization_id
    form = AskForm(request.POST or None, standing=standing(trial, clock.now()), leads=leads)
    status = 200
    if request.method == "POST":
        status = _ask(request, form, trial, owner)
        if not status:
            return redirect("trials:change-list", owner.pk, trial.code)
    context = _context(trial, owner, form=form, waiting=open_change(trial), at=form.standing)
    return render(request, "trials/change_new.html", context, status=status)


def _ask(request: HttpRequest, form: AskForm, trial: Trial, owner: Organization) -> int:
    """Ask; 0, or the status of the page that shows what was refused."""
    if not form.is_valid():
        return 422
    actor: Any = request.user
    values = {"proposed": form.proposed(), "reason": form.cleaned_data["reason"]}
    try:
        change_ask(trial=trial, organization=owner, actor=actor, **values)
    except (Conflict, InvalidInput) as error:
        form.refuse(error)
        return error.status
    messages.success(request, _("The city has your request. You can take it back until it is decided."))
    return 0


@login_required
@require_safe
def change_detail(request: HttpRequest, organization: uuid.UUID, code: str, number: int) -> HttpResponse:
    """One request: as it was, as wished, as granted; the answer and its letter."""
    change, trial, owner = access_change(
        actor=request.user, organization=organization, code=code, number=number
    )
    may_write = change.organization_id == owner.pk and may_change(
        actor=request.user, trial=trial, organization=owner
    )
    decided = change.decided_by_id is not None
    rows = change_rows(change)
    context = _context(trial, owner, change=change, rows=rows, may_write=may_write, decided=decided)
    return render(request, "trials/change_detail.html", context)


@login_required
@require_POST
def change_take_away(request: HttpRequest, organization: uuid.UUID, code: str, number: int) -> HttpResponse:
    """Take a request back while it is not decided."""
    change, trial, owner = access_change(
        actor=request.user, organization=organization, code=code, number=number, write=True
    )
    actor: Any = request.user
    try:
        change_take_back(change=change, actor=actor)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Your request is taken back. Nothing changes."))
    return redirect("trials:change-detail", owner.pk, trial.code, change.number)


@login_required
@require_safe
def change_letter(request: HttpRequest, organization: uuid.UUID, code: str, number: int) -> FileResponse:
    """The letter about a change, as PDF."""
    change, _trial, _owner = access_change(
        actor=request.user, organization=organization, code=code, number=number
    )
    letter = change_letter_of(change)
    content = io.BytesIO(letter_content(letter))
    return FileResponse(content, content_type="application/pdf", filename=letter_name(letter))
