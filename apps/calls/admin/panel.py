"""Staff invite reviewers to a call, correct what is said of them, take them off the panel.

Each act asks on its page (GET), its button does it (POST), and says how many mails it sends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.calls.admin import panel_conflicts
from apps.calls.admin.review_frame import of_call, refuse, show
from apps.calls.domain.panel import (
    About,
    reviewer_change,
    reviewer_remove,
    reviewer_resend,
    reviewers_invite,
)
from apps.calls.enums import ReviewerState
from apps.calls.forms.panel import InviteForm, ReviewerForm, reviewer_start
from apps.calls.models import Call
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.panel import ties_of_reviewer
from apps.calls.selectors.panel_staff import SENDS, PlanRow, access_reviewer, panel_rows, plan_of
from apps.core import clock
from apps.core.admin_site import register_admin_urls
from apps.core.errors import Conflict, DomainError


@require_safe
@of_call
def panel(request: HttpRequest, call: Call) -> HttpResponse:
    """Everybody who was asked, and what they answered."""
    rows = panel_rows(call, conflicts_of_call(call), clock.now())
    return show(request, call, "panel", _("Reviewers"), rows=rows)


@of_call
def invite(request: HttpRequest, call: Call) -> HttpResponse:
    """Write who (GET), see who gets a mail (POST), send (POST with ``send``)."""
    if request.method != "POST":
        return _invite_page(request, call, InviteForm(call=call))
    form = InviteForm(request.POST, call=call)
    if not form.is_valid():
        return _invite_page(request, call, form, status=422)
    people = form.cleaned_data["people"]
    plan = plan_of(call, people, clock.now())
    if "send" not in request.POST or any(row.refused for row in plan):
        return _invite_page(request, call, form, plan)
    try:
        done = reviewers_invite(
            call=call,
            actor=request.user,  # type: ignore[arg-type]
            people=people,
            about=About(**form.about),
        )
    except DomainError as error:
        return _invite_page(request, call, form, plan, status=refuse(form, error))
    messages.success(request, _sent(sum(row.outcome in SENDS for row in done)))
    return redirect("admin:calls_call_panel", call.pk)


def _invite_page(
    request: HttpRequest, call: Call, form: InviteForm, plan: list[PlanRow] | None = None, status: int = 200
) -> HttpResponse:
    refused = any(row.refused for row in plan or [])
    return show(
        request,
        call,
        "panel_invite",
        _("Invite reviewers"),
        status=422 if refused and status == 200 else status,
        form=form,
        plan=plan,
        refused=refused,
        mails=sum(row.outcome in SENDS for row in plan or []),
    )


def _sent(count: int) -> str:
    if not count:
        return _("Nobody got a mail.")
    words = ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count)
    return words % {"count": count}


@of_call
def resend(request: HttpRequest, call: Call, reviewer: Any) -> HttpResponse:
    """A new link for who has not accepted."""
    row = access_reviewer(call=call, pk=reviewer)
    try:
        reviewer_resend(reviewer=row, actor=request.user)  # type: ignore[arg-type]
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("One mail is on its way to %(email)s.") % {"email": row.email})
    return redirect("admin:calls_call_panel", call.pk)


@of_call
def reviewer(request: HttpRequest, call: Call, reviewer: Any) -> HttpResponse:
    """What is kept of a reviewer, and the ties they stated."""
    row = access_reviewer(call=call, pk=reviewer)
    form, status = ReviewerForm(call=call, initial=reviewer_start(row)), 200
    if request.method == "POST":
        form, status = ReviewerForm(request.POST, call=call), 422
        if form.is_valid():
            about = About(**form.about)
            reviewer_change(reviewer=row, actor=request.user, name=form.cleaned_data["name"], about=about)  # type: ignore[arg-type]
            messages.success(request, _("Kept. No mail was sent."))
            return redirect("admin:calls_call_panel", call.pk)
    ties = ties_of_reviewer(row)
    return show(request, call, "panel_reviewer", row.name, status=status, form=form, reviewer=row, ties=ties)


@of_call
def remove(request: HttpRequest, call: Call, reviewer: Any) -> HttpResponse:
    """What taking them off does (GET); do it (POST)."""
    row = access_reviewer(call=call, pk=reviewer)
    if request.method == "POST":
        reviewer_remove(reviewer=row, actor=request.user)  # type: ignore[arg-type]
        messages.success(request, _("%(name)s is off the panel.") % {"name": row.name})
        return redirect("admin:calls_call_panel", call.pk)
    mails = int(row.state == ReviewerState.ACCEPTED)
    return show(request, call, "panel_remove", row.name, reviewer=row, mails=mails)


def _urls() -> list[Any]:
    base = "calls/call/<uuid:pk>/review/panel/"
    one = f"{base}<uuid:reviewer>/"
    conflicts = "calls/call/<uuid:pk>/review/conflicts/"
    pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "panel": (base, panel),
        "panel_invite": (f"{base}invite/", invite),
        "panel_reviewer": (one, reviewer),
        "panel_resend": (f"{one}resend/", require_POST(resend)),
        "panel_remove": (f"{one}remove/", remove),
        "conflicts": (conflicts, panel_conflicts.conflicts),
        "conflicts_read": (f"{conflicts}read/", require_POST(panel_conflicts.read)),
        "conflict_enter": (f"{conflicts}enter/", panel_conflicts.enter),
        "conflict_lift": (f"{conflicts}<uuid:reviewer>/<uuid:application>/lift/", panel_conflicts.lift),
    }
    wrap = admin.site.admin_view
    return [path(where, wrap(view), name=f"calls_call_{name}") for name, (where, view) in pages.items()]


register_admin_urls(_urls())
