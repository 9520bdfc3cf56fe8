"""Webhooks in the workspace: the list, making and changing one, its secret (shown once)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import DomainError
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.telemetry.domain.webhooks import (
    webhook_change,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_switch,
)
from apps.telemetry.enums import NewsKind
from apps.telemetry.forms.webhook import RotateForm, WebhookForm
from apps.telemetry.models import WebhookEndpoint
from apps.telemetry.selectors.webhooks import access_webhook, access_webhooks, webhook_row
from apps.trials.permissions import works_for
from apps.trials.selectors import access_trial

_FORM = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def webhook_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's webhooks, by name."""
    owner, endpoints = access_webhooks(actor=request.user, organization=organization)
    rows = [webhook_row(endpoint) for endpoint in endpoints.distinct().prefetch_related("trials")]
    context = {"organization": owner, "rows": rows, "may_write": works_for(request.user, owner)}
    return render(request, "telemetry/webhook_list.html", context)


@sensitive_variables("secret")
@never_cache
@login_required
@require_http_methods(_FORM)
def webhook_new(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The form of a new webhook; the answer to the POST is the only page that shows its secret."""
    owner, _endpoints = access_webhooks(actor=request.user, organization=organization, write=True)
    form = WebhookForm(
        request.POST or None, organization=owner, initial={"kinds": [NewsKind.UPLINK, NewsKind.ALERT]}
    )
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = webhook_create(organization=owner, actor=_user(request), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _secret_page(request, endpoint, secret)
    return _form_page(request, "webhook_new", owner, form)


@login_required
@require_http_methods(_FORM)
def webhook_edit(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Another name, address, kinds or trials."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    form = WebhookForm(
        request.POST or None, organization=endpoint.organization, initial=WebhookForm.start(endpoint)
    )
    if request.method == "POST" and form.is_valid():
        try:
            webhook_change(endpoint=endpoint, actor=_user(request), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The webhook is changed."))
            return redirect("telemetry:webhook-detail", organization, pk)
    return _form_page(request, "webhook_edit", endpoint.organization, form, endpoint=endpoint)


@sensitive_variables("secret")
@never_cache
@login_required
@require_http_methods(_FORM)
def webhook_secret(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Replace the secret; the answer to the POST is the only page that shows the new one."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret = webhook_rotate(endpoint=endpoint, actor=_user(request), **form.cleaned_data)
        return _secret_page(request, endpoint, secret, again=True)
    return _form_page(request, "webhook_secret", endpoint.organization, form, endpoint=endpoint)


@login_required
@require_POST
def webhook_turn(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Switch it on or off (``on``: 1 or 0)."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    if request.POST.get("on") not in ("0", "1"):
        raise Http404
    on = request.POST["on"] == "1"
    webhook_switch(endpoint=endpoint, actor=_user(request), on=on)
    text = _("The webhook is on.") if on else _("The webhook is off. Nothing is sent there.")
    messages.success(request, text)
    return redirect("telemetry:webhook-detail", organization, pk)


@login_required
@require_http_methods(_FORM)
def webhook_remove(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then remove it with its log."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    if request.method == "POST":
        webhook_delete(endpoint=endpoint, actor=_user(request))
        messages.success(request, _("%(name)s is removed.") % {"name": endpoint.name})
        return redirect("telemetry:webhook-list", organization)
    context = {"organization": endpoint.organization, "endpoint": endpoint}
    return render(request, "telemetry/webhook_remove.html", context)


@login_required
@require_safe
def webhook_links(request: HttpRequest, organization: uuid.UUID, code: str = "") -> HttpResponse:
    """The way to the webhooks, for the side of the workspace of an organization or a trial."""
    if code:
        _trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    else:
        owner = access_organization(actor=request.user, pk=organization)
    return render(request, "telemetry/_webhook_links.html", {"organization": owner})


@sensitive_variables("secret")
def _secret_page(
    request: HttpRequest, endpoint: WebhookEndpoint, secret: str, *, again: bool = False
) -> HttpResponse:
    context = {"organization": endpoint.organization, "endpoint": endpoint, "secret": secret, "again": again}
    return render(request, "telemetry/webhook_made.html", context)


def _form_page(request: HttpRequest, name: str, owner: Organization, form: Any, **more: Any) -> HttpResponse:
    context = {"organization": owner, "form": form, **more}
    return render(request, f"telemetry/{name}.html", context, status=422 if form.is_bound else 200)


def _user(request: HttpRequest) -> Any:
    return request.user
