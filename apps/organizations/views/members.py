"""Who belongs to an organization: the list, roles, invitations, leaving."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.core.errors import DomainError
from apps.organizations import domain, selectors
from apps.organizations.forms import InvitationForm, RoleForm
from apps.organizations.models import Invitation
from apps.organizations.permissions import role_of


@login_required
@require_safe
def member_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """Members, and the invitations that wait for an answer."""
    owner = selectors.access_organization(actor=request.user, pk=organization)
    role = role_of(request.user, owner)
    may_manage = role in ("owner", "manager")
    context = {
        "organization": owner,
        "rows": selectors.member_rows(owner, request.user, role),
        "invitations": selectors.open_invitations(owner) if may_manage else [],
        "may_manage": may_manage,
    }
    return render(request, "organizations/member_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """Invite a person by mail."""
    owner = selectors.access_organization(actor=request.user, pk=organization, manage=True)
    data = request.POST if request.method == "POST" else None
    form = InvitationForm(data, actor_role=role_of(request.user, owner), initial={"role": "engineer"})
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        try:
            sent = domain.invitation_send(organization=owner, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("One mail is on its way to %(email)s.") % {"email": sent.email})
            return redirect("organizations:member-list", organization)
    context = {"organization": owner, "form": form}
    return render(request, "organizations/invite.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_role(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Give a member another role."""
    membership = selectors.access_membership(actor=request.user, organization=organization, pk=pk)
    selectors.access_organization(actor=request.user, pk=organization, manage=True)
    data = request.POST if request.method == "POST" else None
    role = role_of(request.user, membership.organization)
    form = RoleForm(data, actor_role=role, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        assert request.user.is_authenticated
        try:
            domain.membership_change_role(
                membership=membership, actor=request.user, role=form.cleaned_data["role"]
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The role of %(name)s is changed.") % {"name": membership.user})
            return redirect("organizations:member-list", organization)
    context = {"organization": membership.organization, "membership": membership, "form": form}
    return render(request, "organizations/member_role.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then remove a member or leave."""
    membership = selectors.access_membership(actor=request.user, organization=organization, pk=pk)
    own = membership.user_id == request.user.pk
    context = {"organization": membership.organization, "membership": membership, "own": own}
    if request.method != "POST":
        return render(request, "organizations/member_remove.html", context)
    assert request.user.is_authenticated
    try:
        domain.membership_remove(membership=membership, actor=request.user)
    except DomainError as error:
        refused = {**context, "error": error}
        return render(request, "organizations/member_remove.html", refused, status=error.status)
    if own:
        messages.success(request, _("You left %(name)s.") % {"name": membership.organization})
        return redirect("portal:after-sign-in")
    messages.success(
        request, _("%(name)s no longer belongs to the organization.") % {"name": membership.user}
    )
    return redirect("organizations:member-list", organization)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ownership(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Ask, then make the member owner and step down."""
    membership = selectors.access_handover(actor=request.user, organization=organization, pk=pk)
    context = {"organization": membership.organization, "membership": membership}
    if request.method != "POST":
        return render(request, "organizations/ownership.html", context)
    assert request.user.is_authenticated
    try:
        domain.ownership_hand_over(membership=membership, actor=request.user)
    except DomainError as error:
        refused = {**context, "error": error}
        return render(request, "organizations/ownership.html", refused, status=error.status)
    messages.success(request, _("%(name)s is the owner now. You are a manager.") % {"name": membership.user})
    return redirect("organizations:member-list", organization)


@login_required
@require_POST
def invitation_revoke(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Cancel an invitation."""
    invitation = selectors.access_invitation(actor=request.user, organization=organization, pk=pk)
    assert request.user.is_authenticated
    domain.invitation_revoke(invitation=invitation, actor=request.user)
    messages.success(request, _("The invitation to %(email)s is cancelled.") % {"email": invitation.email})
    return redirect("organizations:member-list", organization)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an invitation's link: sign in, then join."""
    found = selectors.invitation_of(token)
    user = request.user
    other = user.is_authenticated and user.email.lower() != found.email
    context = {"invitation": found, "token": token, "valid": _is_open(found), "other_address": other}
    if request.method == "POST" and user.is_authenticated:
        try:
            membership = domain.invitation_accept(token=token, actor=user)
        except DomainError as error:
            return render(request, "organizations/invitation.html", context, status=error.status)
        messages.success(request, _("You belong to %(name)s now.") % {"name": membership.organization})
        return redirect("organizations:workspace", membership.organization_id)
    return render(request, "organizations/invitation.html", context)


def _is_open(found: Invitation) -> bool:
    return not found.accepted_at and not found.revoked_at and found.expires_at > clock.now()
