"""Changing a device: what describes it, keys, hardware, trial; retiring it and bringing it back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.core.errors import DomainError
from apps.core.forms import Refusable
from apps.devices.domain import (
    device_edit,
    device_move,
    device_rekey,
    device_replace,
    device_retire,
    device_unretire,
)
from apps.devices.forms import DeviceSettingsForm, LabelForm, MoveForm, RekeyForm, ReplaceForm, with_label
from apps.devices.models import Device
from apps.devices.selectors import access_device
from apps.devices.selectors.registering import trials_to_move_to
from apps.devices.views.label import is_reading, read_label_into, with_camera
from apps.trials.selectors import quotas

_PAGE = require_http_methods(["GET", "HEAD", "POST"])


def _initial(device: Device) -> dict[str, object]:
    place = device.place
    return {
        "name": device.name,
        "model": device.model_id,
        "serial_number": device.serial_number,
        "conformity_number": device.conformity_number,
        "place_name": device.place_name,
        "latitude": place.y if place else None,
        "longitude": place.x if place else None,
    }


def _done(request: HttpRequest, form: Refusable, act: Callable[[], Any]) -> tuple[Any, int]:
    """What ``act`` made of a valid form, or None and the status to answer; the form then holds the reason."""
    if request.method != "POST":
        return None, 200
    if not form.is_valid():
        return None, 422
    try:
        return act(), 302
    except DomainError as error:
        form.refuse(error)
        return None, error.status


def _page(request: HttpRequest, name: str, device: Device, status: int = 200, **more: Any) -> HttpResponse:
    quota = quotas(device.trial).get("devices")
    full = quota is None or quota.used >= quota.granted
    context = {"device": device, "organization": device.organization, "trial": device.trial}
    numbers = {"quota": quota, "full": full}
    return render(request, f"devices/{name}.html", {**context, **numbers, **more}, status=status)


@login_required
@_PAGE
def device_settings(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Name, model, numbers and place of a device."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    actor: Any = request.user
    data = request.POST if request.method == "POST" else None
    form = DeviceSettingsForm(data, initial=_initial(device), organization=device.organization)
    done, status = _done(
        request, form, lambda: device_edit(device=device, actor=actor, changes=form.values())
    )
    if done:
        messages.success(request, _("Saved."))
        return redirect("telemetry:device-detail", organization, pk)
    may_move = device.state != "retired" and trials_to_move_to(device).exists()
    return _page(request, "device_settings", device, status, form=form, may_move=may_move)


@sensitive_post_parameters("app_key", "nwk_key")
@login_required
@_PAGE
def device_keys(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Enter the keys again."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    actor: Any = request.user
    data = request.POST if request.method == "POST" else None
    two_keys = device.nwk_key_encrypted is not None
    form = RekeyForm(data, initial={"join_eui": device.join_eui}, two_keys=two_keys)
    done, status = _done(request, form, lambda: device_rekey(device=device, actor=actor, **form.key_values()))
    if done:
        messages.success(request, _("The new keys are kept. Switch the device off and on: it joins again."))
        return redirect("telemetry:device-detail", organization, pk)
    return _page(request, "device_keys", device, status, form=form)


@sensitive_post_parameters("app_key", "nwk_key")
@login_required
@_PAGE
def device_replace_view(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Other hardware in the same place."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    actor: Any = request.user
    owner, label = device.organization, LabelForm()
    if is_reading(request):
        form, label, status = read_label_into(ReplaceForm, request, owner)
        page = _page(request, "device_replace", device, status, form=form, label_form=label)
        return with_camera(page)
    data = with_label(request.POST, owner) if request.method == "POST" else None
    form = ReplaceForm(data, organization=owner)
    new, status = _done(request, form, lambda: device_replace(device=device, actor=actor, **form.values()))
    if new:
        text = _("%(name)s has its new hardware. What the old one sent stays with the old one.")
        messages.success(request, text % {"name": new.name})
        return redirect("telemetry:device-detail", organization, new.pk)
    return with_camera(_page(request, "device_replace", device, status, form=form, label_form=label))


@login_required
@_PAGE
def device_move_view(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Move to another trial of the organization."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    actor: Any = request.user
    trials = trials_to_move_to(device)
    form = MoveForm(request.POST if request.method == "POST" else None, trials=trials)
    moved, status = _done(
        request,
        form,
        lambda: device_move(device=device, trial=form.cleaned_data["trial"], actor=actor),
    )
    if moved:
        text = _("%(name)s is in trial %(code)s now.")
        messages.success(request, text % {"name": moved.name, "code": moved.trial.code})
        return redirect("telemetry:device-detail", organization, pk)
    return _page(request, "device_move", device, status, form=form, trials=trials)


@login_required
@_PAGE
def device_retire_view(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then retire."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    if request.method == "POST":
        assert request.user.is_authenticated
        device_retire(device=device, actor=request.user)
        messages.success(request, _("%(name)s is retired. Its data stays.") % {"name": device.name})
        return redirect("trials:trial-workspace", organization, device.trial.code)
    return _page(request, "device_retire", device)


@login_required
@_PAGE
def device_unretire_view(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Bring a retired device back; it takes a place of the quota again."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    status = 200
    if request.method == "POST":
        assert request.user.is_authenticated
        try:
            device_unretire(device=device, actor=request.user)
        except DomainError as error:
            messages.error(request, error.message)
            status = error.status
        else:
            messages.success(request, _("%(name)s is back.") % {"name": device.name})
            return redirect("telemetry:device-detail", organization, pk)
    return _page(request, "device_unretire", device, status)
