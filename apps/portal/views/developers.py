"""The API's reference: an overview, a page for each operation, and the key for trying them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from apps.apikeys.domain import docs_key_create
from apps.core.errors import NotFound
from apps.core.public_pages import public_page
from apps.portal.rules.problems import problems, refusals
from apps.portal.selectors.operation_page import first_operations, shown_operation
from apps.portal.selectors.reader import reader_of
from apps.portal.selectors.reader_things import with_things
from apps.portal.selectors.reference import access_operation, found_operations, reference
from apps.trials.selectors import access_trial


@require_safe
@public_page
def developers(request: HttpRequest) -> HttpResponse:
    """How to begin with the API, and every operation it has."""
    wanted = request.GET.get("q", "")[:100]
    reader = reader_of(actor=request.user, wanted=request.GET.get("device", ""))
    context = {
        "reference": reference(),
        "found": found_operations(wanted) if wanted else reference(),
        "wanted": wanted,
        "reader": reader,
        "problems": problems(),
        **first_operations(reader=reader, base_url=settings.BASE_URL),
    }
    return render(request, "portal/developers.html", context)


@require_safe
@public_page
def operation(request: HttpRequest, name: str) -> HttpResponse:
    """One operation: what it does, what it takes and answers, snippets, and trying it."""
    group, found = access_operation(name)
    reader = with_things(reader_of(actor=request.user, wanted=request.GET.get("device", "")), found)
    context = {
        "group": group,
        "reference": reference(),
        "found": reference(),
        "reader": reader,
        "refusals": refusals(found),
        "shown": shown_operation(found, reader=reader, base_url=settings.BASE_URL),
    }
    return render(request, "portal/developers_operation.html", context)


@sensitive_variables("token", "context")
@never_cache
@login_required
@require_POST
def key(request: HttpRequest) -> HttpResponse:
    """Make a key that reads one trial for an hour. This answer is the only one that holds it."""
    try:
        owner_id = uuid.UUID(request.POST.get("organization", ""))
    except ValueError:
        raise NotFound(_("This page does not exist.")) from None
    trial, owner = access_trial(actor=request.user, organization=owner_id, code=request.POST.get("trial", ""))
    assert request.user.is_authenticated
    made, token = docs_key_create(actor=request.user, organization=owner, trial=trial)
    if request.accepts("text/html"):
        context = {"key": made, "token": token, "trial": trial, "base_url": settings.BASE_URL}
        return render(request, "portal/developers_key.html", context)
    return JsonResponse({"key": token, "expires_at": made.expires_at.isoformat(), "trial": trial.code})
