"""Joint applicants: the lead's list, and the page behind a partner's link."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.calls.domain.joint import (
    joint_confirm,
    joint_invite,
)
from apps.calls.domain.joint import joint_decline as decline
from apps.calls.domain.joint import joint_leave as leave
from apps.calls.domain.joint import joint_remove as remove
from apps.calls.domain.joint import joint_resend as resend
from apps.calls.forms.joint import JointConfirmForm, JointForm
from apps.calls.models import Application, JointApplicant
from apps.calls.permissions import may_lead
from apps.calls.selectors.applications import access_application, organizations_of
from apps.calls.selectors.joint import (
    MOST,
    access_joint,
    access_joint_link,
    is_live,
    joint_rows,
    own_part,
    takes_partners,
)
from apps.calls.views.links import link_page
from apps.core.errors import Conflict, DomainError, NotAllowed, NotFound


def _page(request: HttpRequest, application: Application, form: JointForm, status: int = 200) -> HttpResponse:
    rows = joint_rows(application)
    closed = not takes_partners(application)
    leads = may_lead(request.user, application)
    context = {
        "application": application,
        "call": application.call,
        "rows": rows,
        "form": form,
        "leads": leads,
        "may_add": leads and not closed and len(rows) < MOST,
        "may_remove": leads and is_live(application),
        "may_resend": leads and not closed,
        "full": len(rows) >= MOST,
        "most": MOST,
        "own_part": own_part(actor=request.user, application=application),
        "may_leave": is_live(application),
    }
    return render(request, "calls/joint_list.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def joint_list(request: HttpRequest, code: str) -> HttpResponse:
    """Everyone who takes part, and a form to add one more."""
    application = access_application(actor=request.user, code=code, write=request.method == "POST")
    if request.method != "POST":
        return _page(request, application, JointForm(initial={"language": get_language()}))
    form = JointForm(request.POST)
    if not form.is_valid():
        return _page(request, application, form, status=422)
    assert request.user.is_authenticated
    try:
        sent = joint_invite(application=application, actor=request.user, **form.cleaned_data)
    except NotAllowed:
        raise
    except DomainError as error:
        form.refuse(error)
        return _page(request, application, form, status=error.status)
    messages.success(request, _("One mail is on its way to %(email)s.") % {"email": sent.email})
    return redirect("calls:joint-list", code)


def _partner(request: HttpRequest, code: str, pk: uuid.UUID) -> JointApplicant:
    """A partner for the lead's acts: strangers 404, partners and readers 403."""
    application = access_application(actor=request.user, code=code, write=True)
    if not may_lead(request.user, application):
        raise NotAllowed(_("Only the lead applicant can do this."))
    joint = access_joint(application=application, pk=pk)
    joint.application = application
    return joint


@login_required
@require_POST
def joint_resend(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    """Mail a new link."""
    joint = _partner(request, code, pk)
    assert request.user.is_authenticated
    try:
        resend(joint=joint, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("One mail is on its way to %(email)s.") % {"email": joint.email})
    return redirect("calls:joint-list", code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def joint_remove(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    """Ask, then end a partner's part."""
    joint = _partner(request, code, pk)
    if request.method != "POST":
        context = {"application": joint.application, "joint": joint}
        return render(request, "calls/joint_remove.html", context)
    assert request.user.is_authenticated
    try:
        remove(joint=joint, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s no longer takes part.") % {"name": joint.org_name})
    return redirect("calls:joint-list", code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def joint_leave(request: HttpRequest, code: str) -> HttpResponse:
    """Ask, then end the own part."""
    application = access_application(actor=request.user, code=code)
    joint = own_part(actor=request.user, application=application)
    if joint is None:
        raise NotFound(_("You do not take part as a joint applicant."))
    if request.method != "POST":
        return render(request, "calls/joint_leave.html", {"application": application, "joint": joint})
    assert request.user.is_authenticated
    try:
        leave(joint=joint, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect(application)
    messages.success(request, _("You no longer take part in application %(code)s.") % {"code": code})
    return redirect("calls:application-list")


@link_page
@require_http_methods(["GET", "HEAD", "POST"])
def joint_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link: who invites to what; sign in, then confirm for an organization."""
    joint = access_joint_link(token=token, actor=request.user)
    if joint.user_id is not None:
        return redirect(joint.application)
    own = organizations_of(request.user) if request.user.is_authenticated else []
    if request.method != "POST" or not request.user.is_authenticated:
        start = {
            "name": joint.org_name,
            "organization": str(own[0].pk) if own else "",
            "contact_name": getattr(request.user, "name", ""),
        }
        return _link_page(request, joint, token, JointConfirmForm(own=own, initial=start))
    form = JointConfirmForm(request.POST, own=own)
    if not form.is_valid():
        return _link_page(request, joint, token, form, status=422)
    try:
        joint_confirm(
            token=token,
            actor=request.user,
            organization=form.chosen,
            new=None if form.chosen else form.new,
            contact_name=form.cleaned_data["contact_name"],
        )
    except Conflict as error:
        form.refuse(error)
        return _link_page(request, joint, token, form, status=error.status)
    messages.success(request, _("You take part now. You can read and write the application."))
    return redirect(joint.application)


def _link_page(
    request: HttpRequest, joint: JointApplicant, token: str, form: JointConfirmForm, status: int = 200
) -> HttpResponse:
    application = joint.application
    context = {
        "joint": joint,
        "token": token,
        "form": form,
        "title": application.title,
        "call": application.call,
        "lead": application.org_name,
        "leads": may_lead(request.user, application),
        # Whoever invited is told; so is the address that got the link, when another person confirms.
        "mails": 1 if getattr(request.user, "email", "").lower() == joint.email else 2,
    }
    return render(request, "calls/joint_link.html", context, status=status)


@link_page
@require_POST
def joint_decline(request: HttpRequest, token: str) -> HttpResponse:
    """Say no; no account is needed."""
    actor = request.user if request.user.is_authenticated else None
    decline(token=token, actor=actor)
    return render(request, "calls/joint_declined.html")
