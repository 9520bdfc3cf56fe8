"""Reading one's applications: the list, where one stands, the receipt; withdrawing and answering."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.calls.domain import (
    application_accept,
    application_reopen,
    application_turn_down,
    application_withdraw,
    closed_words,
)
from apps.calls.domain.waitlist import waitlist_leave
from apps.calls.enums import EDITABLE_STATES, ApplicationState
from apps.calls.models import Application
from apps.calls.permissions import may_write
from apps.calls.selectors.answers import answer_parts
from apps.calls.selectors.applications import (
    access_application,
    applications_of,
    organization_applications,
    problems_of,
    task_rows,
)
from apps.calls.selectors.letters import granted_of, letters_of
from apps.calls.selectors.status import status_of
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed
from apps.organizations.selectors import access_organization

PAGE_SIZE = 20


@login_required
@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    """Everything I began, and what my organizations began."""
    page = Paginator(applications_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "calls/application_list.html", {"page": page})


@login_required
@require_safe
def application_detail(request: HttpRequest, code: str) -> HttpResponse:
    """A draft as its tasks; what was handed in as where it stands."""
    application = access_application(actor=request.user, code=code)
    context: dict[str, Any] = {
        "application": application,
        "call": application.call,
        "status": status_of(application=application, actor=request.user),
        "parts": answer_parts(application),
        "may_write": may_write(request.user, application),
        "letters": letters_of(application, request.user),
    }
    if application.state not in EDITABLE_STATES:
        return render(request, "calls/application_detail.html", context)
    problems = problems_of(application)
    context["tasks"] = task_rows(application, problems)
    context["closed"] = closed_words(application.call, clock.now(), application)
    return render(request, "calls/application_draft.html", context)


@login_required
@require_safe
def application_receipt(request: HttpRequest, code: str) -> HttpResponse:
    """The number, and what happens next."""
    application = access_application(actor=request.user, code=code)
    if application.submitted_at is None or application.state == ApplicationState.WITHDRAWN:
        return redirect(application)
    status = status_of(application=application, actor=request.user)
    context = {"application": application, "call": application.call, "status": status}
    return render(request, "calls/receipt.html", context)


def _act(
    request: HttpRequest,
    code: str,
    *,
    template: str,
    act: Callable[..., Application],
    done: str,
    allowed: str,
) -> HttpResponse:
    """A question on its own page (GET), and what follows from yes (POST)."""
    application = access_application(actor=request.user, code=code)
    status = status_of(application=application, actor=request.user)
    if request.method != "POST":
        if not getattr(status, allowed):
            return redirect(application)
        context = {"application": application, "call": application.call, "status": status}
        return render(request, template, {**context, **granted_of(application)})
    try:
        act(application=application, actor=request.user)
    except NotAllowed:
        raise
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(application)


@login_required
def application_withdraw_view(request: HttpRequest, code: str) -> HttpResponse:
    return _act(
        request,
        code,
        template="calls/withdraw.html",
        act=application_withdraw,
        done=_("The application is withdrawn."),
        allowed="may_withdraw",
    )


@login_required
def application_accept_view(request: HttpRequest, code: str) -> HttpResponse:
    return _act(
        request,
        code,
        template="calls/accept.html",
        act=application_accept,
        done=_("You accepted the trial. You can register devices now."),
        allowed="may_accept",
    )


@login_required
def application_turn_down_view(request: HttpRequest, code: str) -> HttpResponse:
    return _act(
        request,
        code,
        template="calls/turn_down.html",
        act=application_turn_down,
        done=_("You turned the trial down."),
        allowed="may_answer",
    )


@login_required
def waitlist_leave_view(request: HttpRequest, code: str) -> HttpResponse:
    return _act(
        request,
        code,
        template="calls/leave_list.html",
        act=waitlist_leave,
        done=_("You left the waiting list."),
        allowed="may_leave",
    )


@login_required
@require_POST
def application_reopen_view(request: HttpRequest, code: str) -> HttpResponse:
    application = access_application(actor=request.user, code=code, write=True)
    assert request.user.is_authenticated
    try:
        application_reopen(application=application, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect(application)
    return redirect("calls:application-check", code)


@login_required
@require_safe
def workspace_applications(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's applications, as a part of its workspace; nothing when there is none."""
    access_organization(actor=request.user, pk=organization)
    rows = organization_applications(actor=request.user, organization=organization)
    return render(request, "calls/_workspace_applications.html", {"applications": rows})
