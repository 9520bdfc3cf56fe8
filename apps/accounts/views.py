"""Signing in by code, the own profile; what of allauth nobody needs leads here."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.domain import person_expect, profile_change
from apps.accounts.forms import AskCodeForm, CodeForm, ProfileForm

ASK, CONFIRM = "account_request_login_code", "account_confirm_login_code"


def _onward(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("portal:after-sign-in"))


def _with_next(request: HttpRequest, name: str) -> str:
    return str(passthrough_next_redirect_url(request, reverse(name), "next"))


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    return {"next": get_next_redirect_url(request) or "", "ask_url": _with_next(request, ASK), **more}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_ask(request: HttpRequest) -> HttpResponse:
    """Ask for the address and send a code there; the same answer for every address."""
    if request.user.is_authenticated:
        return _onward(request)
    form = AskCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        user = person_expect(email=email, language=get_language())
        LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
        return redirect(_with_next(request, CONFIRM))
    return render(
        request, "account/request_login_code.html", _context(request, form=form), status=_status(form)
    )


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code_confirm(request: HttpRequest) -> HttpResponse:
    """Take the code. What is expired, used or guessed too often is refused in words."""
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    if stage is None:
        return _no_code_waits(request)
    process = LoginCodeVerificationProcess(stage=stage)
    if not process.is_valid():
        process.abort()
        return _ask_again(request, _("The code has expired. Please have a new one sent."))
    form = CodeForm(request.POST if request.method == "POST" else None, process=process)
    if request.method == "POST" and form.is_valid():
        sync_user_email_address(process.user)
        response: HttpResponse = process.finish(get_next_redirect_url(request))
        return response
    if request.method == "POST" and not _may_try_again(form, process):
        return _ask_again(request, _("Too many wrong codes. Please have a new one sent."))
    context = _context(request, form=form, email=process.state.get("email", ""))
    return render(request, "account/confirm_login_code.html", context, status=_status(form))


def _status(form: AskCodeForm | CodeForm | ProfileForm) -> int:
    return 422 if form.is_bound else 200


def _no_code_waits(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return _onward(request)
    if request.method == "POST":
        return _ask_again(request, _("This code is no longer valid. Please have a new one sent."))
    return redirect(_with_next(request, ASK))


def _ask_again(request: HttpRequest, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect(_with_next(request, ASK))


def _may_try_again(form: CodeForm, process: LoginCodeVerificationProcess) -> bool:
    """Count a wrong code and say how many tries are left; an empty field costs none."""
    if not form.has_error("code", "incorrect_code"):
        return True
    if not process.record_invalid_attempt():
        return False
    left = process.max_attempts - process.state["failed_attempts"]
    del form.errors["code"]
    form.add_error(
        "code",
        ngettext(
            "That is not the code. You can try once more.",
            "That is not the code. You can try %(count)d more times.",
            left,
        )
        % {"count": left},
    )
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Pages of passwords and sign-up do not exist here: everyone signs in by code."""
    return redirect(_with_next(request, ASK))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, address and second factor of the person signed in."""
    assert request.user.is_authenticated
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        profile_change(actor=request.user, **{name: form.cleaned_data[name] for name in ("name", "language")})
        messages.success(request, _("Saved."))
        return redirect(get_next_redirect_url(request) or reverse("accounts:profile"))
    return render(request, "accounts/profile.html", _context(request, form=form), status=_status(form))
