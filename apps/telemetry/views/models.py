"""What telemetry has to say about a company's own model: its latest frames, and decoding them again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core import clock
from apps.core.errors import Conflict, DomainError
from apps.devices.models import DeviceModel
from apps.devices.selectors.own_models import access_model
from apps.telemetry.domain.redecode import redecode_start, redecode_stop
from apps.telemetry.forms.redecode import SinceForm
from apps.telemetry.models import Redecode
from apps.telemetry.selectors.model_frames import model_frames
from apps.telemetry.selectors.redecode import access_redecode, decoding_codec, redecodes_of, uplinks_since
from apps.trials.permissions import works_for

_PAGE = require_http_methods(["GET", "HEAD", "POST"])
_FROM = timedelta(days=7)


@login_required
@_PAGE
def model_frames_slot(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """The latest frames of its devices, as buttons of the workbench's form; after a POST of it too."""
    model = access_model(actor=request.user, organization=organization, pk=pk)
    now = clock.now()
    rows = [(frame, clock.short(frame.time, now)) for frame in model_frames(model)]
    return render(request, "telemetry/_model_frames.html", {"organization": model.organization, "rows": rows})


@login_required
@_PAGE
def redecode_new(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """From when on (GET), how many that are (POST), begin (POST ``act``)."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    begin = (clock.now() - _FROM).replace(minute=0, second=0, microsecond=0)
    form = SinceForm(request.POST if request.method == "POST" else None, initial={"since": begin})
    count = None
    if form.is_bound and form.is_valid():
        since = form.cleaned_data["since"]
        if request.POST.get("act") != "start":
            count = uplinks_since(model.pk, since)
        elif (redecode := _started(request, model, form)) is not None:
            return redirect("telemetry:redecode", organization, pk, redecode.pk)
    context = {"model": model, "organization": model.organization, "form": form, "count": count}
    status = 422 if form.errors else 200
    return render(
        request, "telemetry/redecode_new.html", {**context, "earlier": redecodes_of(model)}, status=status
    )


def _started(request: HttpRequest, model: DeviceModel, form: SinceForm) -> Redecode | None:
    """What was begun; None when it is refused, and the form says why."""
    try:
        codec = decoding_codec(model)
        if codec is None:
            raise Conflict(_("No version decodes now."))
        return redecode_start(codec=codec, since=form.cleaned_data["since"], actor=request.user)
    except DomainError as error:
        form.told(getattr(error, "fields", {}), error.message)
        return None


@login_required
@_PAGE
def redecode(
    request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID, redecode: uuid.UUID
) -> HttpResponse:
    """How far it is (GET); stop it (POST)."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=request.method == "POST")
    row = access_redecode(model=model, pk=redecode)
    if request.method != "POST":
        return render(request, "telemetry/redecode.html", _context(request, model, row))
    try:
        redecode_stop(redecode=row, actor=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Stopped. What is done stays."))
    return redirect("telemetry:redecode", organization, pk, row.pk)


@login_required
@require_safe
def redecode_progress(
    request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID, redecode: uuid.UUID
) -> HttpResponse:
    """The part of the page that changes."""
    model = access_model(actor=request.user, organization=organization, pk=pk)
    row = access_redecode(model=model, pk=redecode)
    return render(request, "telemetry/_redecode_progress.html", _context(request, model, row))


def _context(request: HttpRequest, model: DeviceModel, row: Redecode) -> dict[str, Any]:
    assert model.organization is not None
    may_write = works_for(request.user, model.organization)
    return {"model": model, "organization": model.organization, "may_write": may_write, "redecode": row}
