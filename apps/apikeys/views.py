"""API keys in the workspace: the list, a new one (shown once), revoking."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from apps.apikeys.domain import api_key_create, api_key_revoke
from apps.apikeys.forms import ApiKeyForm
from apps.apikeys.selectors import access_key, access_keys, key_rows
from apps.core.errors import DomainError
from apps.trials.permissions import works_for
from apps.trials.selectors import access_trial

PAGE_SIZE = 50


@login_required
@require_safe
def key_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's keys, newest first."""
    owner, keys = access_keys(actor=request.user, organization=organization)
    page = Paginator(keys.prefetch_related("trials"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "organization": owner,
        "page": page,
        "rows": key_rows(page),
        "may_write": works_for(request.user, owner),
    }
    return render(request, "apikeys/key_list.html", context)


@sensitive_variables("token")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The form of a new key. The answer to the POST is the only page that ever shows it."""
    owner, _keys = access_keys(actor=request.user, organization=organization, write=True)
    form = ApiKeyForm(request.POST if request.method == "POST" else None, organization=owner)
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        try:
            key, token = api_key_create(organization=owner, actor=request.user, **form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            context = {"organization": owner, "key": key, "token": token}
            return render(request, "apikeys/key_made.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "apikeys/key_new.html", {"organization": owner, "form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then revoke at once."""
    key = access_key(actor=request.user, organization=organization, pk=pk, write=True)
    if request.method == "POST":
        assert request.user.is_authenticated
        api_key_revoke(key=key, actor=request.user)
        messages.success(request, _("%(name)s is revoked. It no longer works.") % {"name": key.name})
        return redirect("apikeys:key-list", organization)
    return render(request, "apikeys/key_revoke.html", {"organization": key.organization, "key": key})


@login_required
@require_safe
def trial_links(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The way to the keys, for the side of a trial's workspace."""
    _trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    return render(request, "apikeys/_links.html", {"organization": owner})


@login_required
@require_safe
def organization_links(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The way to the keys, for the side of the organization's workspace."""
    owner, _keys = access_keys(actor=request.user, organization=organization)
    return render(request, "apikeys/_links.html", {"organization": owner})
