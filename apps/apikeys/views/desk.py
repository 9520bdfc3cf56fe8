"""What the keys of an organization and those of a person have in common: addresses, and the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.apikeys.domain import api_key_revoke, api_key_rotate
from apps.apikeys.forms import KeyForm, RotateForm
from apps.apikeys.models import ApiKey, ApiKeyQuerySet
from apps.apikeys.selectors import key_rows, refusals_of, usage_chart, usage_days
from apps.core.errors import DomainError
from apps.organizations.models import Organization

PAGE_SIZE = 50


@dataclass(frozen=True)
class Desk:
    """Where keys are kept: an organization's workspace, or (None) the account of a person."""

    organization: Organization | None
    may_write: bool = True

    @property
    def title(self) -> str:
        return _("API keys") if self.organization else _("API keys for open data")

    @property
    def home_label(self) -> str:
        return self.organization.name if self.organization else _("Your profile")

    @property
    def home_url(self) -> str:
        if self.organization is None:
            return reverse("accounts:profile")
        return reverse("organizations:workspace", args=[self.organization.pk])

    def _reverse(self, name: str, *args: Any) -> str:
        if self.organization is None:
            return reverse(f"apikeys:own-{name}", args=args)
        return reverse(f"apikeys:key-{name}", args=[self.organization.pk, *args])

    @property
    def list_url(self) -> str:
        return self._reverse("list")

    @property
    def new_url(self) -> str:
        return self._reverse("new")

    def detail_url(self, key: ApiKey) -> str:
        return self._reverse("detail", key.pk)

    def revoke_url(self, key: ApiKey) -> str:
        return self._reverse("revoke", key.pk)

    def rotate_url(self, key: ApiKey) -> str:
        return self._reverse("rotate", key.pk)


def list_page(request: HttpRequest, desk: Desk, keys: ApiKeyQuerySet) -> HttpResponse:
    """All keys, the newest first."""
    page = Paginator(keys.prefetch_related("trials"), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        (row, desk.detail_url(row.key), desk.rotate_url(row.key), desk.revoke_url(row.key))
        for row in key_rows(page)
    ]
    context = {"desk": desk, "organization": desk.organization, "page": page, "rows": rows}
    return render(request, "apikeys/key_list.html", context)


def detail_page(request: HttpRequest, desk: Desk, key: ApiKey) -> HttpResponse:
    """One key: what it may do, its last use, the use of 30 days."""
    days = usage_days(key)
    (row,) = key_rows([key])
    context = {
        "desk": desk,
        "organization": desk.organization,
        "row": row,
        "key": key,
        "chart": usage_chart(days),
        "days": [day for day in days if day.calls or day.refused],
        "today": days[0],
        "refusals": refusals_of(key),
        "replaces_url": desk.detail_url(key.replaces) if key.replaces else "",
        "replacement_url": desk.detail_url(key.replacement) if hasattr(key, "replacement") else "",
        "rotate_url": desk.rotate_url(key),
        "revoke_url": desk.revoke_url(key),
    }
    return render(request, "apikeys/key_detail.html", context)


@sensitive_variables("token")
def new_page(
    request: HttpRequest, desk: Desk, form: KeyForm, make: Callable[..., tuple[ApiKey, str]]
) -> HttpResponse:
    """The form of a new key. The answer to the POST is the only page that ever shows it."""
    if request.method == "POST" and form.is_valid():
        try:
            key, token = make(**form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            return _made(request, desk, key, token)
    context = {"desk": desk, "organization": desk.organization, "form": form}
    return render(request, "apikeys/key_new.html", context, status=422 if form.is_bound else 200)


@sensitive_variables("token")
def rotate_page(request: HttpRequest, desk: Desk, key: ApiKey) -> HttpResponse:
    """How long both keys work; then the new one, shown once."""
    form = RotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        try:
            new, token = api_key_rotate(key=key, actor=request.user, **form.values())
        except DomainError as error:
            form.refuse(error)
        else:
            return _made(request, desk, new, token)
    context = {
        "desk": desk,
        "organization": desk.organization,
        "form": form,
        "key": key,
        "detail_url": desk.detail_url(key),
    }
    return render(request, "apikeys/key_rotate.html", context, status=422 if form.is_bound else 200)


@sensitive_variables("token")
def _made(request: HttpRequest, desk: Desk, key: ApiKey, token: str) -> HttpResponse:
    context = {"desk": desk, "organization": desk.organization, "key": key, "token": token}
    return render(request, "apikeys/key_made.html", context)


def revoke_page(request: HttpRequest, desk: Desk, key: ApiKey) -> HttpResponse:
    """Ask, then revoke at once."""
    if request.method == "POST":
        assert request.user.is_authenticated
        api_key_revoke(key=key, actor=request.user)
        messages.success(request, _("%(name)s is revoked. It no longer works.") % {"name": key.name})
        return redirect(desk.list_url)
    url = desk.revoke_url(key)
    context = {"desk": desk, "organization": desk.organization, "key": key, "revoke_url": url}
    return render(request, "apikeys/key_revoke.html", context)
