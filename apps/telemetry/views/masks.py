"""Mask zones of a trial with personal data, for those who manage it. Others do not see where homes are."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import DomainError
from apps.organizations.models import Organization
from apps.telemetry.domain.zones import mask_zone_remove, mask_zone_save
from apps.telemetry.forms.mask import MaskZoneForm
from apps.telemetry.models import MaskZone
from apps.telemetry.selectors.masks import access_mask_zone, handles_personal_data, zones_map
from apps.trials.models import Trial
from apps.trials.selectors import access_trial, may_change


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mask_list(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The zones with a map (GET), a new one (POST)."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    form = MaskZoneForm(request.POST or None, initial={"radius_m": 50})
    status = _tried(request, form, trial, owner)
    if status == 302:
        return redirect("telemetry:mask-list", owner.pk, trial.code)
    zones = list(MaskZone.objects.filter(trial=trial).order_by("created_at", "pk"))
    context = {"zones": zones, "map_data": zones_map(zones), "flagged": handles_personal_data(trial)}
    return _page(request, "mask_list", trial, owner, form, status, **context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mask_edit(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Another place, radius or name of a zone."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    zone = access_mask_zone(trial=trial, pk=pk)
    form = MaskZoneForm(request.POST or None, initial=MaskZoneForm.start(zone))
    status = _tried(request, form, trial, owner, zone)
    if status == 302:
        return redirect("telemetry:mask-list", owner.pk, trial.code)
    return _page(request, "mask_edit", trial, owner, form, status, zone=zone, map_data=zones_map([]))


@login_required
@require_POST
def mask_remove(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Take a zone away."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    mask_zone_remove(zone=access_mask_zone(trial=trial, pk=pk), organization=owner, actor=_user(request))
    messages.success(request, _("The zone is gone. Positions there are kept from now on."))
    return redirect("telemetry:mask-list", owner.pk, trial.code)


@login_required
@require_safe
def mask_link(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The way to the zones, at the side of the workspace of a trial that needs them."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    if not may_change(actor=request.user, trial=trial, organization=owner) or not handles_personal_data(
        trial
    ):
        return HttpResponse(status=204)
    return render(request, "telemetry/_mask_link.html", {"trial": trial, "organization": owner})


def _tried(
    request: HttpRequest, form: MaskZoneForm, trial: Trial, owner: Organization, zone: MaskZone | None = None
) -> int:
    """302 when it is kept, else the status of the page; the form then says why."""
    if request.method != "POST":
        return 200
    if not form.is_valid():
        return 422
    try:
        mask_zone_save(trial=trial, organization=owner, actor=_user(request), zone=zone, **form.cleaned_data)
    except DomainError as error:
        form.add_error(None, error.message)
        return error.status
    messages.success(request, _("The zone is kept. It holds for what arrives from now on."))
    return 302


def _page(
    request: HttpRequest,
    name: str,
    trial: Trial,
    owner: Organization,
    form: MaskZoneForm,
    status: int,
    **more: Any,
) -> HttpResponse:
    context = {"trial": trial, "organization": owner, "form": form, **more}
    response = render(request, f"telemetry/{name}.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _user(request: HttpRequest) -> Any:
    return request.user
