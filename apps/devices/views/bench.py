"""The codec workbench of a company's own model, and its examples by hand."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import DomainError
from apps.devices.domain import example_save
from apps.devices.forms.bench import Bench, bench_act, bench_context, bench_start
from apps.devices.forms.codec import OwnExampleForm
from apps.devices.models import CodecExample, DeviceModel
from apps.devices.selectors.own_models import access_example, access_model
from apps.trials.permissions import works_for

_PAGE = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@_PAGE
def model_codec(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """The codec as it is (GET: ``forms.bench.bench_start``); acts by the button pressed (POST)."""
    write = request.method == "POST"
    model = access_model(actor=request.user, organization=organization, pk=pk, write=write)
    if not write:
        asked = {"version": request.GET.get("version", ""), "payload": request.GET.get("payload", "")}
        port = request.GET.get("f_port", "")
        return _bench(request, model, bench_start(model=model, f_port=port, **asked))
    bench = bench_act(model=model, posted=request.POST.dict(), actor=request.user)
    for text in bench.said:
        messages.success(request, text)
    if bench.refused:
        messages.error(request, bench.refused)
    return redirect("devices:model-codec", organization, pk) if bench.done else _bench(request, model, bench)


def _bench(request: HttpRequest, model: DeviceModel, bench: Bench) -> HttpResponse:
    assert model.organization is not None
    context = {
        "organization": model.organization,
        "may_write": works_for(request.user, model.organization),
        **bench_context(model=model, bench=bench),
    }
    return render(request, "devices/model_codec.html", context, status=bench.status)


@login_required
@_PAGE
def example_new(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """An example by hand: what is expected before a codec can do it."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    return _example(request, model, CodecExample(model=model))


@login_required
@_PAGE
def example_edit(
    request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID, example: uuid.UUID
) -> HttpResponse:
    """Another payload, expectation or name of an example."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    return _example(request, model, access_example(model=model, pk=example))


def _example(request: HttpRequest, model: DeviceModel, example: CodecExample) -> HttpResponse:
    actor: Any = request.user
    form = OwnExampleForm(request.POST if request.method == "POST" else None, instance=example)
    if form.is_bound and form.is_valid():
        try:
            example_save(example=form.instance, actor=actor)
        except DomainError as error:
            form.told(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("devices:model-codec", model.organization_id, model.pk)
    context = {"model": model, "organization": model.organization, "form": form, "example": example}
    return render(request, "devices/model_example.html", context, status=422 if form.errors else 200)
