"""What decoded values of a device are called, in which unit, with how many decimals."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.devices.domain.fields import device_fields_save
from apps.devices.selectors import access_device
from apps.telemetry.forms.fields import FieldForms
from apps.telemetry.selectors.fields import names_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_fields(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """A small form for each decoded value; what is left empty is as the model says."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    data = request.POST if request.method == "POST" else None
    model: dict[str, Any] = device.model.fields if device.model else {}
    forms = FieldForms(data, names=names_of(device), model=model, own=device.fields)
    if data is not None and forms.is_valid():
        actor: Any = request.user
        said = {form.name: form.cleaned_data for form in forms.forms}
        device_fields_save(device=device, actor=actor, fields=said)
        messages.success(request, _("Saved."))
        return redirect("telemetry:device-detail", organization, pk)
    status = 200 if data is None else 422
    context = {"device": device, "organization": device.organization, "forms": forms}
    return render(request, "telemetry/device_fields.html", context, status=status)
