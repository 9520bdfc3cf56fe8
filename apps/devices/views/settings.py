"""Changing and retiring a device."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import DomainError
from apps.devices.domain import device_edit, device_retire
from apps.devices.forms import DeviceSettingsForm
from apps.devices.models import Device
from apps.devices.selectors import access_device


def _initial(device: Device) -> dict[str, object]:
    place = device.place
    return {
        "name": device.name,
        "model": device.model_id,
        "place_name": device.place_name,
        "latitude": place.y if place else None,
        "longitude": place.x if place else None,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_settings(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Name, model and place of a device."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    form = DeviceSettingsForm(request.POST if request.method == "POST" else None, initial=_initial(device))
    status = 200
    if request.method == "POST":
        assert request.user.is_authenticated
        status = 422
        if form.is_valid():
            try:
                device_edit(device=device, actor=request.user, changes=form.values())
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, _("Saved."))
                return redirect("telemetry:device-detail", organization, pk)
    context = {"device": device, "organization": device.organization, "trial": device.trial, "form": form}
    return render(request, "devices/device_settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_retire_view(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then retire for good."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    if request.method == "POST":
        assert request.user.is_authenticated
        device_retire(device=device, actor=request.user)
        messages.success(request, _("%(name)s is retired. Its data stays.") % {"name": device.name})
        return redirect("trials:trial-workspace", organization, device.trial.code)
    context = {"device": device, "organization": device.organization, "trial": device.trial}
    return render(request, "devices/device_retire.html", context)
