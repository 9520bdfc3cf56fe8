"""Registering one device, typed or from the QR text of its label."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError
from apps.devices.domain import device_register
from apps.devices.forms import DeviceForm, LabelForm, told_by_label, with_label
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import access_trial, may_change, quotas

_KEYS = ("app_key", "nwk_key")


@sensitive_post_parameters("app_key", "nwk_key")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The form of one device. A full quota is told before anything is typed."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    form, label, status = DeviceForm(), LabelForm(), 200
    if request.method == "POST" and _is_reading(request):
        form, label, status = _read(request)
    elif request.method == "POST":
        form = DeviceForm(with_label(request.POST))
        device, status = _registered(request, form, trial, owner)
        if device is not None:
            text = _("%(name)s is registered. Switch it on: the first data arrives within minutes.")
            messages.success(request, text % {"name": device.name})
            return redirect("trials:trial-workspace", organization, code)
    quota = quotas(trial).get("devices")
    full = quota is None or quota.used >= quota.granted
    context = {"trial": trial, "organization": owner, "form": form, "quota": quota, "full": full}
    response = render(request, "devices/device_new.html", {**context, "label_form": label}, status=status)
    # Only here a page may ask for the camera, to read the label.
    response["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()"
    return response


def _is_reading(request: HttpRequest) -> bool:
    """The button beside the QR text was pressed. Enter in any field presses it too, as it stands first."""
    posted = request.POST
    if "read_qr" not in posted:
        return False
    return not posted.get("dev_eui") or bool(posted.get("qr") and not posted.get("app_key"))


def _read(request: HttpRequest) -> tuple[DeviceForm, LabelForm, int]:
    """The form filled from the label beside what was typed, keys left out; or what is wrong with the text."""
    label = LabelForm(request.POST)
    typed = {name: request.POST.get(name, "") for name in DeviceForm.base_fields if name not in _KEYS}
    if not label.is_valid() or label.label is None:
        return DeviceForm(initial=typed), label, 422
    return DeviceForm(initial={**typed, **told_by_label(label.label)}), label, 200


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
    """The short way to the form, for the side of the workspace."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    if not may_change(actor=request.user, trial=trial, organization=owner):
        return HttpResponse(status=204)
    return render(request, "devices/_trial_links.html", {"trial": trial, "organization": owner})
