"""The phases of a call's review: one page that tells what each allows, and a form for each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.calls.admin.review_frame import of_call, refuse, show
from apps.calls.domain.phase import phase_remove, phase_save, phases_propose
from apps.calls.forms.phases import PhaseForm
from apps.calls.models import Call, ReviewPhase
from apps.calls.rules.phasing import proposed
from apps.calls.selectors.phases import consequences, phases_of
from apps.calls.selectors.progress import progress_of
from apps.core import clock
from apps.core.errors import Conflict, DomainError


@require_safe
@of_call
def phases(request: HttpRequest, call: Call) -> HttpResponse:
    """All phases with what each allows; for a call without any, a pair to begin with."""
    now = clock.now()
    rows = phases_of(call, now)
    offer = None if rows else proposed(call.last_moment, call.decision_on, now)
    return show(request, call, "phases", _("Phases of the review"), rows=rows, offer=offer)


@require_POST
@of_call
def propose(request: HttpRequest, call: Call) -> HttpResponse:
    """Take the offered pair."""
    try:
        phases_propose(call=call, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Two phases are planned. Read their dates. No mail was sent."))
    return redirect("admin:calls_call_phases", call.pk)


@of_call
def add(request: HttpRequest, call: Call) -> HttpResponse:
    return _form(request, call, None)


@of_call
def change(request: HttpRequest, call: Call, phase: Any) -> HttpResponse:
    return _form(request, call, _phase(call, phase))


def _form(request: HttpRequest, call: Call, phase: ReviewPhase | None) -> HttpResponse:
    form = PhaseForm(request.POST or None, initial=PhaseForm.start(phase))
    status, told = 200, []
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, call, phase, form)
                return redirect("admin:calls_call_phases", call.pk)
            except DomainError as error:
                told = list(error.data.get("told", ()))
                status = _refused(form, error, call, phase)
    title = _name(phase) if phase else _("New phase")
    return show(request, call, "phase", title, status=status, form=form, phase=phase, told=told)


def _save(request: HttpRequest, call: Call, phase: ReviewPhase | None, form: PhaseForm) -> None:
    data = form.cleaned_data
    phase_save(
        call=call,
        actor=request.user,
        values=form.values,
        phase=phase,
        seen=data["seen"],
        confirmed=data["confirmed"],
    )
    messages.success(request, _("The phase is kept. It begins and ends by itself. No mail was sent."))


def _refused(form: PhaseForm, error: DomainError, call: Call, phase: ReviewPhase | None) -> int:
    if error.code == "unconfirmed":
        form.add_error("confirmed", _("Read what changes at once, then tick here and save again."))
        return error.status
    if error.code == "changed" and phase is not None:
        # What was typed stays; the next press is about what is kept now.
        stored = ReviewPhase.objects.filter(pk=phase.pk).first()
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["seen"] = stored.updated_at.isoformat() if stored else ""  # type: ignore[index]
    return refuse(form, error)


@of_call
def remove(request: HttpRequest, call: Call, phase: Any) -> HttpResponse:
    """What taking it away does (GET); do it (POST)."""
    row = _phase(call, phase)
    if request.method == "POST":
        phase_remove(phase=row, actor=request.user, confirmed=True)
        messages.success(request, _("The phase is taken away. Reviews are kept. No mail was sent."))
        return redirect("admin:calls_call_phases", call.pk)
    now = clock.now()
    told = consequences(row, None, progress_of(call, now).left, now)
    return show(request, call, "phase_remove", _name(row), phase=row, told=told)


def _name(phase: ReviewPhase) -> str:
    return phase.localized("name", get_language() or "ja")


def _phase(call: Call, pk: Any) -> ReviewPhase:
    row = ReviewPhase.objects.filter(call=call, pk=pk).first()
    if row is None:
        raise Http404
    return row
