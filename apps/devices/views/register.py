"""Registering one device, typed or from the QR text of its label."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError
from apps.devices.domain import device_register
from apps.devices.forms import DeviceForm, LabelForm, with_label
from apps.devices.models import Device
from apps.devices.views.label import is_reading, read_label_into, with_camera
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.rules import OVER
from apps.trials.selectors import access_trial, may_change, quotas


@sensitive_post_parameters("app_key", "nwk_key")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The form of one device. A full quota is told before anything is typed."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    form, label, status = DeviceForm(organization=owner), LabelForm(), 200
    goes_on = False
    if request.method == "POST" and is_reading(request):
        form, label, status = read_label_into(DeviceForm, request, owner)
    elif request.method == "POST":
        form = DeviceForm(with_label(request.POST, owner), organization=owner)
        device, status = _registered(request, form, trial, owner)
        if device is not None:
            text = _("%(name)s is registered. Switch it on: the first data arrives within minutes.")
            messages.success(request, text % {"name": device.name})
            return _onward(request, organization, code)
    elif goes_on := "next" in request.GET:
        label.fields["qr"].widget.attrs["autofocus"] = True
    quota = quotas(trial).get("devices")
    full = quota is None or quota.used >= quota.granted
    context = {"trial": trial, "organization": owner, "form": form, "quota": quota, "full": full}
    context |= {"label_form": label, "label_next": goes_on}
    return with_camera(render(request, "devices/device_new.html", context, status=status))


def _onward(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """To the form of the next device if that was asked for, else to the workspace of the trial."""
    if "and_next" in request.POST:
        return redirect(reverse("devices:device-new", args=[organization, code], query={"next": "1"}))
    return redirect("trials:trial-workspace", organization, code)


def _registered(
    request: HttpRequest, form: DeviceForm, trial: Trial, owner: Organization
) -> tuple[Device | None, int]:
    """The new device, or None and the status to answer; the form then holds the reason."""
    assert request.user.is_authenticated
    if not form.is_valid():
        return None, 422
    try:
        return device_register(trial=trial, organization=owner, actor=request.user, **form.values()), 302
    except DomainError as error:
        form.refuse(error)
        return None, error.status


@login_required
@require_safe
def trial_links(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The short way to the form, for the side of the workspace; an ended trial takes no more devices."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    if trial.phase() in OVER or not may_change(actor=request.user, trial=trial, organization=owner):
        return HttpResponse(status=204)
    return render(request, "devices/_trial_links.html", {"trial": trial, "organization": owner})
