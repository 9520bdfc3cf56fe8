"""Registering many devices by a CSV file: send, look through, mend, register."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.core.errors import DomainError
from apps.devices.domain import batch_discard, batch_make, batch_mend, batch_register
from apps.devices.forms import BatchFileForm, MendForm, mends_of
from apps.devices.models import DeviceBatch
from apps.devices.rules.sheet import COLUMNS, SAMPLE
from apps.devices.selectors.batch import access_batch, checked_batch
from apps.devices.selectors.registering import usable_models
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import access_trial, quotas


@sensitive_variables()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Choose the file; it is looked through and nothing is registered yet."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    form, status = BatchFileForm(), 200
    if request.method == "POST":
        form = BatchFileForm(request.POST, request.FILES)
        batch, status = _made(request, form, trial, owner)
        if batch is not None:
            return redirect("devices:batch-check", owner.pk, trial.code, batch.pk)
    quota = quotas(trial).get("devices")
    full = quota is None or quota.used >= quota.granted
    context = {"trial": trial, "organization": owner, "form": form, "quota": quota, "full": full}
    context["models"] = usable_models(owner)
    return render(request, "devices/batch_new.html", context, status=status)


@sensitive_variables()
def _made(
    request: HttpRequest, form: BatchFileForm, trial: Trial, owner: Organization
) -> tuple[DeviceBatch | None, int]:
    if not form.is_valid():
        return None, 422
    actor: Any = request.user
    try:
        return batch_make(trial=trial, organization=owner, actor=actor, content=form.content()), 302
    except DomainError as error:
        form.refuse(error)
        return None, error.status


@login_required
@require_safe
def batch_template(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The headings and one line as an example, for any spreadsheet; it names one of the models."""
    _trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    columns = {name: heads[get_language() == "ja"] for name, heads in COLUMNS.items() if name != "qr"}
    sample = {**SAMPLE, "name": _("Sample (this line is passed over)"), "place_name": _("Sample bridge")}
    for _heading, models in usable_models(owner)[:1]:
        sample["model"] = str(models[0])
    rows = [list(columns.values()), [sample.get(name, "") for name in columns]]
    response = HttpResponse("".join(csv_lines(rows)), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = 'attachment; filename="devices.csv"'
    return response


def _batch(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> DeviceBatch:
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    return access_batch(actor=request.user, trial=trial, organization=owner, pk=pk)


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_check(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """An answer for every row, and fields to mend those with faults; the good ones stay as they are."""
    batch = _batch(request, organization, code, pk)
    if request.method == "POST":
        mends, left_out = mends_of(request.POST)
        if "leave_all" in request.POST:
            left_out = [row.line for row in checked_batch(batch).faulty]
        batch_mend(batch=batch, mends=mends, left_out=left_out)
        return redirect("devices:batch-check", organization, code, pk)
    checked = checked_batch(batch)
    form = MendForm(checked.faulty) if checked.faulty else None
    context = {"trial": batch.trial, "organization": batch.organization, "batch": batch}
    return render(request, "devices/batch_check.html", {**context, "checked": checked, "form": form})


@login_required
@require_POST
def batch_run(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Register all rows, or none."""
    batch = _batch(request, organization, code, pk)
    actor: Any = request.user
    try:
        count = len(batch_register(batch=batch, actor=actor))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("devices:batch-check", organization, code, pk)
    text = ngettext("%(count)d device is registered.", "%(count)d devices are registered.", count)
    messages.success(request, text % {"count": count})
    return redirect("trials:trial-workspace", organization, code)


@login_required
@require_POST
def batch_drop(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Forget the file."""
    batch_discard(batch=_batch(request, organization, code, pk))
    messages.success(request, _("The file is dropped. Nothing was registered."))
    return redirect("devices:batch-new", organization, code)
