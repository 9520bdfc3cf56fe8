"""Sending to a device: the list of what was sent, the form with its preview, taking back."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.core.errors import DomainError
from apps.devices.domain.downlinks import downlink_cancel, downlink_queue
from apps.devices.forms.downlink import BytesForm, DownlinkForm, ObjectForm
from apps.devices.models import Device
from apps.devices.permissions import manages_device
from apps.devices.rules.downlinks import spaced
from apps.devices.selectors import access_device
from apps.devices.selectors.downlinks import (
    access_downlink,
    downlink_day,
    downlink_examples,
    downlinks_of,
    encoding_codec,
    example_text,
    listening_of,
)
from apps.devices.views import downlink_shown as shown

PAGE_SIZE = 20


@login_required
@require_safe
def downlinks(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """What was sent to a device, and how far it is; while something waits htmx asks for the rows again."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    now = clock.now()
    page = Paginator(downlinks_of(device), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    context = {
        **_common(device),
        "organization_id": organization,
        "page": page,
        "rows": shown.rows_of(rows, now),
        "waits": shown.any_waiting(rows, now),
        "may_write": device.organization_id == organization and manages_device(request.user, device),
    }
    if request.headers.get("HX-Request"):
        return render(request, "devices/_downlinks.html", context)
    context |= {
        "day": downlink_day(device, now),
        "listening": shown.listening_text(listening_of(device), now),
    }
    return render(request, "devices/downlinks.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def downlink_new(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """The form; then what would be sent; then it is queued. Nothing leaves that was not shown."""
    device = access_device(actor=request.user, organization=organization, pk=pk, write=True)
    by, form = _form_of(request, device)
    if request.method != "POST":
        return _form_page(request, device, by, form, 200)
    then = request.POST.get("then", "check")
    if form.make(device) is None:
        return _form_page(request, device, by, form, 422)
    if then == "edit":
        return _form_page(request, device, by, form, 200)
    if then != "send" or request.POST.get("shown") != _fingerprint(form):
        return render(request, "devices/downlink_check.html", _check(device, form, by))
    refused = _refused(request, device, form)
    if refused is not None:
        return _form_page(request, device, by, form, refused)
    messages.success(request, _("It is on its way. Below you see how far it is."))
    return redirect("devices:downlinks", organization, pk)


def _form_of(request: HttpRequest, device: Device) -> tuple[str, DownlinkForm]:
    """By object where the codec can make bytes of one, unless bytes are wanted."""
    by = "object" if encoding_codec(device) and request.GET.get("by") != "bytes" else "bytes"
    kind = ObjectForm if by == "object" else BytesForm
    if request.method == "POST":
        return by, kind(request.POST)
    wanted = request.GET.get("example", "")
    values = {str(row.pk): example_text(row) for row in downlink_examples(device)}
    return by, kind(initial={"value": values.get(wanted, "")})


def _form_page(
    request: HttpRequest, device: Device, by: str, form: DownlinkForm, status: int
) -> HttpResponse:
    here = reverse("devices:downlink-new", args=[device.organization_id, device.pk])
    ways = [
        {"label": _("By what it is to do"), "url": here, "current": by == "object"},
        {"label": _("By bytes"), "url": f"{here}?by=bytes", "current": by == "bytes"},
    ]
    context = _common(device) | {
        "form": form,
        "by": by,
        "ways": ways if encoding_codec(device) else [],
        "day": downlink_day(device),
        "listening": shown.listening_text(listening_of(device), clock.now()),
        "examples": [(row, example_text(row)) for row in downlink_examples(device)] if by == "object" else [],
    }
    return render(request, "devices/downlink_new.html", context, status=status)


def _refused(request: HttpRequest, device: Device, form: DownlinkForm) -> int | None:
    """Queue what was shown: None, or the status of a refusal, whose words are then in the form."""
    assert request.user.is_authenticated
    assert form.encoded is not None
    now = clock.now()
    try:
        downlink_queue(
            device=device,
            actor=request.user,
            data=form.encoded.data,
            f_port=form.encoded.f_port,
            confirmed=form.cleaned_data["confirmed"],
            expires_at=form.expires_at(now),
            source=form.source,
            now=now,
        )
    except DomainError as error:
        form.refuse(error)
        return error.status
    return None


@login_required
@require_POST
def downlink_cancel_view(
    request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID, downlink: uuid.UUID
) -> HttpResponse:
    """Take back what waits here."""
    row = access_downlink(actor=request.user, organization=organization, device=pk, pk=downlink, write=True)
    assert request.user.is_authenticated
    try:
        downlink_cancel(downlink=row, actor=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back. Nothing is sent."))
    return redirect("devices:downlinks", organization, pk)


def _common(device: Device) -> dict[str, Any]:
    return {"device": device, "organization": device.organization, "trial": device.trial}


def _fingerprint(form: DownlinkForm) -> str:
    """What the page has shown: port and bytes."""
    made = form.encoded
    return f"{made.f_port}:{made.data.hex()}" if made else ""


def _check(device: Device, form: DownlinkForm, by: str) -> dict[str, Any]:
    made, listening, now = form.encoded, listening_of(device), clock.now()
    assert made is not None
    return _common(device) | {
        "form": form,
        "by": by,
        "made": made,
        "bytes": spaced(made.data),
        "fingerprint": _fingerprint(form),
        "until": clock.short(form.expires_at(now), now),
        "listening": shown.listening_text(listening, now),
        "too_long": shown.too_long(len(made.data), listening),
    }
