"""API keys in the workspace: the list, one, a new one (shown once), replacing, revoking."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.apikeys.domain import api_key_create
from apps.apikeys.forms import ApiKeyForm
from apps.apikeys.selectors import access_key, access_keys
from apps.apikeys.views.desk import Desk, detail_page, list_page, new_page, revoke_page, rotate_page
from apps.trials.permissions import works_for
from apps.trials.selectors import access_trial


@login_required
@require_safe
def key_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The organization's keys, newest first."""
    owner, keys = access_keys(actor=request.user, organization=organization)
    return list_page(request, Desk(owner, works_for(request.user, owner)), keys)


@login_required
@require_safe
def key_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """One key and its use."""
    key = access_key(actor=request.user, organization=organization, pk=pk)
    assert key.organization is not None
    return detail_page(request, Desk(key.organization, works_for(request.user, key.organization)), key)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The form of a new key."""
    owner, _keys = access_keys(actor=request.user, organization=organization, write=True)
    form = ApiKeyForm(request.POST if request.method == "POST" else None, organization=owner)
    assert request.user.is_authenticated
    make = partial(api_key_create, organization=owner, actor=request.user)
    return new_page(request, Desk(owner), form, make)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_rotate(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """A new key in the place of one."""
    key = access_key(actor=request.user, organization=organization, pk=pk, write=True)
    return rotate_page(request, Desk(key.organization), key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then revoke at once."""
    key = access_key(actor=request.user, organization=organization, pk=pk, write=True)
    return revoke_page(request, Desk(key.organization), key)


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
