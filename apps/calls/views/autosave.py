"""Saving while someone writes, and settling what two wrote at once. Answers JSON to the page's script."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.calls import rules
from apps.calls.domain import SaveResult, application_save, variant_settle
from apps.calls.enums import VariantChoice
from apps.calls.forms import FORMS, AnswersForm
from apps.calls.models import Application
from apps.calls.selectors.applications import access_application
from apps.calls.selectors.calls import asks_of
from apps.calls.selectors.variants import open_variants
from apps.core import clock
from apps.core.errors import Conflict, DomainError, InvalidInput


@require_POST
def application_autosave(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """Keep what stands in the form, at once.

    200 ``{"saved_at", "bases", "saved", "conflicts", "refused", "variants"}``: times ``10:42``, units as
    in ``rules.merge``, ``refused`` and the faults of the form in words, ``variants`` HTML.
    Otherwise ``{"code", "words"}``: 401 signed out (or someone else), 403, 404, 409 handed in meanwhile.
    """
    if not request.user.is_authenticated or not _is_the_same(request):
        return _refused(401, "signed_out", _("You are signed out. Sign in to send it."))
    try:
        application = access_application(actor=request.user, code=code, write=True)
        if slug not in _screens(application):
            return _refused(404, "not_found", _("There is no such application."))
        form = FORMS[slug](request.POST, application=application)
        form.is_valid()
        result = application_save(
            application=application,
            actor=request.user,
            values=form.values,
            bases=form.seen,
            pen=form.writer,
        )
    except DomainError as error:
        return _refused(error.status, error.code, error.message)
    form.refuse(result.refused)
    return JsonResponse(_told(request, result, form, slug))


def _is_the_same(request: HttpRequest) -> bool:
    """The page was opened by who is signed in now (another person may have signed in since)."""
    return request.POST.get("writer_id", "") in ("", str(request.user.pk))


def _screens(application: Application) -> list[str]:
    return [item.slug for item in rules.questions_of(asks_of(application.call))]


def _refused(status: int, code: str, words: str) -> JsonResponse:
    return JsonResponse({"code": code, "words": words}, status=status)


def _told(request: HttpRequest, result: SaveResult, form: AnswersForm, slug: str) -> dict[str, Any]:
    shown = open_variants(result.application, slug)
    context = {"variants": shown, "application": result.application, "question_slug": slug}
    return {
        "saved_at": clock.short(clock.now()),
        "bases": result.bases,
        "saved": result.saved,
        "conflicts": result.conflicts,
        "refused": {name: [str(text) for text in texts] for name, texts in form.errors.items()},
        "variants": render_to_string("calls/_variants.html", context, request) if shown else "",
    }


@login_required
@require_POST
def variant_settle_view(request: HttpRequest, code: str, variant: uuid.UUID) -> HttpResponse:
    """A button beside two texts: this one, the other, both. Leads back to the screen or the check."""
    application = access_application(actor=request.user, code=code, write=True)
    assert request.user.is_authenticated
    slug = request.POST.get("screen", "")
    choice = request.POST.get("choice", "")
    if choice not in VariantChoice.values or (slug and slug not in rules.SLUGS):
        raise Http404
    try:
        variant_settle(
            application=application,
            variant_id=variant,
            choice=VariantChoice(choice),
            seen=request.POST.get("seen", ""),
            actor=request.user,
        )
    except (Conflict, InvalidInput) as error:
        messages.warning(request, error.message)
    if slug:
        return redirect(reverse("calls:application-question", args=[application.code, slug]))
    return redirect("calls:application-check", application.code)
