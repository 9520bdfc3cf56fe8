"""The company's own report: writing it, looking at it as everyone will, handing it in."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Conflict, InvalidInput, NotFound
from apps.reports.domain import report_save, report_submit
from apps.reports.forms import ReportForm, initial_values, report_problems
from apps.reports.models import Report
from apps.reports.permissions import writes_report
from apps.reports.rules import WRITABLE
from apps.reports.selectors import access_report_of, shown_report
from apps.trials.models import Trial


@login_required
def report_edit(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The form. ``then=check`` shows the saved report as everyone will read it."""
    trial, owner, report = access_report_of(
        actor=request.user, organization=organization, code=code, write=True
    )
    if report is not None and report.state not in WRITABLE:
        return redirect("reports:report-check", organization, code)
    form = ReportForm(request.POST or None, initial=initial_values(report))
    if request.method == "POST" and form.is_valid() and _save(request, form, trial):
        messages.success(request, _("The report is saved."))
        then = "check" if request.POST.get("then") == "check" else "edit"
        return redirect(f"reports:report-{then}", organization, code)
    context = {"form": form, "trial": trial, "owner": owner, "report": report}
    return render(request, "reports/report_form.html", context)


def _save(request: HttpRequest, form: ReportForm, trial: Trial) -> bool:
    """Keep the form's text; False when it was refused, with the reason in the form."""
    assert request.user.is_authenticated
    try:
        report_save(trial=trial, actor=request.user, version=form.cleaned_data["version"], values=form.values)
    except InvalidInput as error:
        form.refuse(error.fields)
    except Conflict as error:
        form.add_error(None, error.message)
        stored = Report.objects.filter(trial=trial).first()
        data = request.POST.copy()
        data["version"] = str(stored.version if stored else 0)
        form.data = data
    else:
        return True
    return False


@login_required
@require_safe
def report_check(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The report as everyone will read it, what is still missing, and the button to hand it in."""
    trial, owner, report = access_report_of(actor=request.user, organization=organization, code=code)
    writable = writes_report(request.user, trial, owner)
    if report is None:
        if writable:
            return redirect("reports:report-edit", organization, code)
        raise NotFound(_("There is no report yet."))
    context = {
        "trial": trial,
        "owner": owner,
        "report": report,
        "shown": shown_report(report),
        "may_write": writable and report.state in WRITABLE,
        "problems": report_problems(report),
    }
    return render(request, "reports/report_check.html", context)


@login_required
@require_POST
def report_hand_in(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Hand the report in."""
    _trial, _owner, report = access_report_of(
        actor=request.user, organization=organization, code=code, write=True
    )
    if report is None:
        return redirect("reports:report-edit", organization, code)
    assert request.user.is_authenticated
    try:
        report_submit(report=report, actor=request.user)
    except (InvalidInput, Conflict) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The report is handed in. The city reads it and publishes it."))
    return redirect("reports:report-check", organization, code)


@login_required
@require_safe
def workspace_slot(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The report in the trial's workspace: where it stands and what to do next."""
    trial, owner, report = access_report_of(actor=request.user, organization=organization, code=code)
    context = {
        "trial": trial,
        "owner": owner,
        "report": report,
        "may_write": writes_report(request.user, trial, owner) and (not report or report.state in WRITABLE),
    }
    return render(request, "reports/_slot_workspace.html", context)
