"""The home of an organization, its details, and asking an owner."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.organizations import selectors
from apps.organizations.domain import contact_request, organization_change
from apps.organizations.forms import ContactForm, OrganizationForm
from apps.organizations.models import Membership
from apps.organizations.permissions import can_manage_members


@login_required
@require_safe
def workspace(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """A greeting, and what higher apps have for this organization."""
    owner = selectors.access_organization(actor=request.user, pk=organization)
    assert request.user.is_authenticated
    context = {
        "organization": owner,
        "greeting": selectors.greeting(request.user.name),
        "may_manage": can_manage_members(request.user, owner),
    }
    return render(request, "organizations/workspace.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """Change name and website."""
    owner = selectors.access_organization(actor=request.user, pk=organization, manage=True)
    form = OrganizationForm(request.POST if request.method == "POST" else None, instance=owner)
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        organization_change(organization=owner, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("organizations:workspace", organization)
    owner.refresh_from_db()
    context = {"organization": owner, "form": form}
    return render(
        request, "organizations/organization_form.html", context, status=422 if form.is_bound else 200
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_owner(request: HttpRequest) -> HttpResponse:
    """Ask the owner of a corporate number to invite me. The answer is the same for every number."""
    form = ContactForm(request.POST if request.method == "POST" else request.GET or None)
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        contact_request(actor=request.user, corporate_number=form.cleaned_data["corporate_number"])
        return render(request, "organizations/ask_owner_done.html", {"next": ""})
    if request.method != "POST":
        form = ContactForm(initial={"corporate_number": request.GET.get("corporate_number", "")[:40]})
    return render(
        request, "organizations/ask_owner.html", {"form": form}, status=422 if form.is_bound else 200
    )


@login_required
@require_safe
def own_organizations(request: HttpRequest) -> HttpResponse:
    """The organizations of the person signed in, for their profile."""
    assert request.user.is_authenticated
    rows = Membership.objects.filter(user=request.user).select_related("organization").order_by("created_at")
    return render(request, "organizations/_own.html", {"memberships": rows})
