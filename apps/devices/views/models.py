"""A company's own models in its workspace: the list, making, changing and removing one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError, InvalidInput
from apps.devices.domain import (
    OWN_MODELS_MOST,
    own_model_change,
    own_model_delete,
    own_model_fields,
    own_model_make,
)
from apps.devices.forms.model import NewModelForm, OwnModelForm, ValueForms
from apps.devices.models import DeviceModel
from apps.devices.selectors.own_models import access_model, access_models, own_models, stopped_own
from apps.trials.permissions import works_for

_PAGE = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def model_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's own models, by name."""
    owner = access_models(actor=request.user, organization=organization)
    rows = own_models(owner)
    context = {"organization": owner, "rows": rows, "most": OWN_MODELS_MOST}
    more = {"may_write": works_for(request.user, owner), "full": len(rows) >= OWN_MODELS_MOST}
    return render(request, "devices/model_list.html", {**context, **more})


@login_required
@_PAGE
def model_new(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """Name a model and say on which of the city's it stands."""
    owner = access_models(actor=request.user, organization=organization, write=True)
    form = NewModelForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        actor, base = _user(request), form.cleaned_data["base"]
        try:
            model = own_model_make(organization=owner, base=base, actor=actor, values=form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is made. Now publish its codec.") % {"name": model})
            return redirect("devices:model-codec", organization, model.pk)
    context = {"organization": owner, "form": form}
    return render(request, "devices/model_new.html", context, status=422 if form.errors else 200)


@login_required
@_PAGE
def model_edit(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Another name, interval or labels."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    start = {name: getattr(model, name) for name in ("maker", "name", "uplink_interval")}
    start["profile_ids"] = ", ".join(model.profile_ids)
    form = OwnModelForm(request.POST if request.method == "POST" else None, initial=start)
    if form.is_bound and form.is_valid():
        try:
            own_model_change(model=model, actor=_user(request), values=form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            return _saved(request, model)
    return _of(request, "model_edit", model, form=form, status=422 if form.errors else 200)


@login_required
@_PAGE
def model_values(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """What the values of its codec are called."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    forms = ValueForms(request.POST if request.method == "POST" else None, fields=model.fields)
    if forms.is_bound and forms.is_valid():
        try:
            own_model_fields(model=model, actor=_user(request), rows=forms.rows())
        except InvalidInput as error:
            forms.refuse(error)
        else:
            return _saved(request, model)
    return _of(request, "model_values", model, forms=forms, status=422 if forms.is_bound else 200)


@login_required
@_PAGE
def model_remove(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then remove it; devices that have it stand in the way."""
    model = access_model(actor=request.user, organization=organization, pk=pk, write=True)
    devices, status = model.devices.count(), 200
    if request.method == "POST":
        try:
            own_model_delete(model=model, actor=_user(request))
        except DomainError as error:
            messages.error(request, error.message)
            status = error.status
        else:
            messages.success(request, _("%(name)s is removed.") % {"name": model})
            return redirect("devices:model-list", organization)
    return _of(request, "model_remove", model, devices=devices, status=status)


@login_required
@require_safe
def model_links(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The way to the models, for the side of the workspace."""
    owner = access_models(actor=request.user, organization=organization)
    return render(request, "devices/_model_links.html", {"organization": owner})


@login_required
@require_safe
def models_stopped(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """A codec of the organization's own that was stopped, on its workspace; nothing else."""
    owner = access_models(actor=request.user, organization=organization)
    stopped = stopped_own(owner)
    if not stopped:
        return HttpResponse(status=204)
    context = {"organization": owner, "stopped": stopped}
    return render(request, "devices/_models_stopped.html", context)


def _saved(request: HttpRequest, model: DeviceModel) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("devices:model-codec", model.organization_id, model.pk)


def _of(request: HttpRequest, name: str, model: DeviceModel, *, status: int, **more: Any) -> HttpResponse:
    context = {"model": model, "organization": model.organization, **more}
    return render(request, f"devices/{name}.html", context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
