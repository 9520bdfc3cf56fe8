"""A person's own API keys for open data, in their account."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.apikeys.domain import personal_key_create
from apps.apikeys.forms import KeyForm
from apps.apikeys.selectors import access_own_key, own_keys
from apps.apikeys.views.desk import Desk, detail_page, list_page, new_page, revoke_page, rotate_page


@login_required
@require_safe
def own_list(request: HttpRequest) -> HttpResponse:
    """The person's keys, newest first."""
    assert request.user.is_authenticated
    return list_page(request, Desk(None), own_keys(actor=request.user))


@login_required
@require_safe
def own_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One key and its use."""
    assert request.user.is_authenticated
    return detail_page(request, Desk(None), access_own_key(actor=request.user, pk=pk))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_new(request: HttpRequest) -> HttpResponse:
    """The form of a new key."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    assert request.user.is_authenticated
    return new_page(request, Desk(None), form, partial(personal_key_create, person=request.user))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_rotate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new key in the place of one."""
    assert request.user.is_authenticated
    return rotate_page(request, Desk(None), access_own_key(actor=request.user, pk=pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, then revoke at once."""
    assert request.user.is_authenticated
    return revoke_page(request, Desk(None), access_own_key(actor=request.user, pk=pk))


@login_required
@require_safe
def own_links(request: HttpRequest) -> HttpResponse:
    """The way to the keys, for the profile."""
    return render(request, "apikeys/_own_links.html")
