"""Staff read the conflicts of interest of a call, enter one they know of, lift one that is mistaken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.calls.admin.review_frame import of_call, refuse, show
from apps.calls.domain.conflict import conflict_enter, conflict_lift, conflicts_note, conflicts_read
from apps.calls.forms.panel import ConflictEnterForm, LiftForm
from apps.calls.models import Application, Call, ReviewConflict, Reviewer
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.panel_staff import ConflictRow, conflict_rows, lifted_rows
from apps.core import clock
from apps.core.errors import DomainError

PER_PAGE = 50


@require_safe
@of_call
def conflicts(request: HttpRequest, call: Call) -> HttpResponse:
    """All that stand, unread ones first; and those that were lifted."""
    rows = conflict_rows(call, conflicts_of_call(call))
    return show(
        request,
        call,
        "conflicts",
        _("Conflicts of interest"),
        page=Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        unread=sum(row.unread for row in rows),
        lifted=lifted_rows(call)[:PER_PAGE],
        until=clock.now().isoformat(),
    )


@of_call
def read(request: HttpRequest, call: Call) -> HttpResponse:
    """What stood on the page was read; what came since stays."""
    conflicts_note(call=call)
    conflicts_read(call=call, actor=request.user, until=_moment(request.POST.get("until", "")))  # type: ignore[arg-type]
    messages.success(request, _("Marked as read. No mail was sent."))
    return redirect("admin:calls_call_conflicts", call.pk)


def _moment(text: str) -> datetime:
    """The moment the page was made; now, when it cannot be read or lies ahead."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    return min(found, clock.now()) if found is not None and found.tzinfo else clock.now()


@of_call
def enter(request: HttpRequest, call: Call) -> HttpResponse:
    """A conflict that staff know of."""
    choices: dict[str, Any] = {
        "reviewers": list(Reviewer.objects.present().filter(call=call).order_by("created_at")),
        "applications": list(Application.objects.submitted().filter(call=call).order_by("code")),
    }
    form, status = ConflictEnterForm(**choices), 200
    if request.method == "POST":
        form, status = ConflictEnterForm(request.POST, **choices), 422
        if form.is_valid():
            try:
                conflict_enter(actor=request.user, **form.values)  # type: ignore[arg-type]
            except DomainError as error:
                status = refuse(form, error)
            else:
                messages.success(request, _("Recorded. It holds from now on. No mail was sent."))
                return redirect("admin:calls_call_conflicts", call.pk)
    return show(request, call, "conflict_enter", _("Enter a conflict of interest"), status=status, form=form)


@of_call
def lift(request: HttpRequest, call: Call, reviewer: Any, application: Any) -> HttpResponse:
    """Why it is mistaken; from then on the reviewer reads again."""
    row = _row(call, reviewer, application)
    form, status = LiftForm(), 200
    if request.method == "POST":
        form, status = LiftForm(request.POST), 422
        if form.is_valid():
            try:
                _lift(request, call, row, form.cleaned_data["reason"])
            except DomainError as error:
                status = refuse(form, error)
            else:
                messages.success(request, _("Lifted. No mail was sent."))
                return redirect("admin:calls_call_conflicts", call.pk)
    return show(
        request, call, "conflict_lift", _("Lift a conflict of interest"), status=status, form=form, row=row
    )


def _lift(request: HttpRequest, call: Call, row: ConflictRow, reason: str) -> None:
    """What was only found now is kept first, so that there is a record to lift."""
    conflicts_note(call=call)
    stored = ReviewConflict.objects.standing().filter(reviewer=row.reviewer, application=row.application)
    conflict_lift(conflict=stored.get(), actor=request.user, reason=reason)  # type: ignore[arg-type]


def _row(call: Call, reviewer: Any, application: Any) -> ConflictRow:
    found = conflicts_of_call(call).get((reviewer, application))
    rows = conflict_rows(call, {(reviewer, application): found}) if found else []
    if not rows:
        raise Http404
    return rows[0]
