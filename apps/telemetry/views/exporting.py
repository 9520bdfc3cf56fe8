"""Asking for a file of a trial's data; the ways to that page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError, NotAllowed
from apps.devices.selectors import devices_of_trial
from apps.exports.domain import export_ask
from apps.exports.selectors import limits_of
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.telemetry.forms.exporting import ExportForm
from apps.telemetry.selectors.export_kinds import fields_to_choose
from apps.trials.models import Trial
from apps.trials.permissions import works_for
from apps.trials.selectors import access_trial, trials_of


def _device(text: str) -> str:
    """The device an address names, in whichever form of a UUID; empty for anything else."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def _form(request: HttpRequest, trial: Trial, owner: Organization) -> ExportForm:
    devices = devices_of_trial(trial=trial, organization=owner).values_list("pk", "name", "dev_eui")
    named = [(str(pk), f"{name} ({dev_eui})") for pk, name, dev_eui in devices]
    return ExportForm(
        request.POST if request.method == "POST" else None,
        devices=named,
        fields=fields_to_choose({"_trial": str(trial.pk), "_organization": str(owner.pk)}, get_language()),
        initial={"device": _device(request.GET.get("device", ""))},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def trial_export(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Choose what, of which devices, from when until when (GET); have it made (POST)."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    if not works_for(request.user, owner):
        raise NotAllowed(_("Owners, managers and engineers of the organization can do this."))
    form, status = _form(request, trial, owner), 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (status := _ask(request, owner, trial, form)) == 302:
            return redirect("exports:export-list", owner.pk)
    title = trial.localized("title", get_language() or "ja")
    context = {
        "organization": owner,
        "trial": trial,
        "title": title,
        "form": form,
        "limits": limits_of(owner),
    }
    return render(request, "telemetry/trial_export.html", context, status=status)


def _ask(request: HttpRequest, owner: Organization, trial: Trial, form: ExportForm) -> int:
    """302 when it is asked for, else the status of the page with the reason in ``form``."""
    try:
        export_ask(
            organization=owner,
            actor=request.user,
            kind=form.kind,
            asked=form.asked(trial.code),
            format=form.cleaned_data["format"],
            gzip=form.cleaned_data["gzip"],
            language=get_language() or "ja",
        )
    except DomainError as error:
        form.refuse(error)
        return error.status
    messages.success(request, _("The file is being made. A mail tells you when it is ready."))
    return 302


@login_required
@require_safe
def trial_export_link(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The way to that page, for the side of a trial's workspace."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    context = {"organization": owner, "trial": trial, "may_write": works_for(request.user, owner)}
    return render(request, "telemetry/_export_link.html", context)


@login_required
@require_safe
def organization_export_links(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """A way for each trial, for the page of exports; none for who may only look."""
    owner = access_organization(actor=request.user, pk=organization)
    trials = trials_of(owner) if works_for(request.user, owner) else Trial.objects.none()
    context = {"organization": owner, "trials": trials}
    return render(request, "telemetry/_export_links.html", context)
