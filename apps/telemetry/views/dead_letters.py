"""Messages of a company's devices that could not be stored: look, store them now, discard them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import DomainError, NotAllowed
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.telemetry.domain.dead_letter import payload_as_text
from apps.telemetry.domain.replay import dead_letter_discard, dead_letters_replay
from apps.telemetry.enums import DeadLetterState
from apps.telemetry.forms.dead_letter import DiscardForm
from apps.telemetry.selectors.dead_letters import (
    access_letter,
    advice,
    letter_rows,
    letters_of,
    letters_waiting,
)
from apps.trials.permissions import works_for
from apps.trials.selectors import access_trial

#: Stored again with one press.
AT_ONCE = 50
PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """What waits (GET; ``?all``: everything); POST stores what can be stored now."""
    owner = access_organization(actor=request.user, pk=organization)
    if request.method == "POST":
        _must_work(request, owner)
        _replay(request, list(letters_waiting(owner).filter(withheld=False)[:AT_ONCE]))
        return redirect("telemetry:letter-list", owner.pk)
    everything = "all" in request.GET
    letters = letters_of(owner) if everything else letters_waiting(owner)
    page = Paginator(letters.defer("payload"), PAGE).get_page(request.GET.get("page"))
    context = {
        "organization": owner,
        "page": page,
        "rows": letter_rows(list(page), owner),
        "query": "all=1" if everything else "",
        "choices": [
            {"label": _("Waiting"), "url": "?", "current": not everything},
            {"label": _("All messages"), "url": "?all=1", "current": everything},
        ],
        "may_write": works_for(request.user, owner),
        "able": min(AT_ONCE, letters_waiting(owner).filter(withheld=False).count()),
    }
    return render(request, "telemetry/letter_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """One message with its content; POST ``act`` stores or discards it."""
    owner = access_organization(actor=request.user, pk=organization)
    letter = access_letter(organization=owner, pk=pk)
    form, status = DiscardForm(), 200
    if request.method == "POST":
        _must_work(request, owner)
        form = DiscardForm(request.POST)
        status = _act(request, letter, form)
        if status == 302:
            return redirect("telemetry:letter-detail", owner.pk, letter.pk)
    context = {
        "organization": owner,
        "letter": letter,
        "payload": payload_as_text(letter),
        "advice": advice(letter),
        "form": form,
        "may_write": works_for(request.user, owner) and letter.state == DeadLetterState.KEPT,
    }
    return render(request, "telemetry/letter_detail.html", context, status=status)


@login_required
@require_safe
def letters_slot(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """In the workspace of a trial: that messages wait, if any do."""
    _trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    count = letters_waiting(owner).count()
    if not count:
        return HttpResponse(status=204)
    return render(request, "telemetry/_letters_slot.html", {"organization": owner, "count": count})


def _must_work(request: HttpRequest, owner: Organization) -> None:
    if not works_for(request.user, owner):
        raise NotAllowed(_("You can look at these messages. Engineers of your organization can store them."))


def _act(request: HttpRequest, letter: Any, form: DiscardForm) -> int:
    """302 when it is done, else the status of the page with the reason in ``form``."""
    act = request.POST.get("act")
    if act == "replay":
        _replay(request, [letter])
        return 302
    if act != "discard":
        raise Http404
    if not form.is_valid():
        return 422
    try:
        dead_letter_discard(letter=letter, actor=request.user, reason=form.cleaned_data["reason"])
    except DomainError as error:
        form.add_error(None, error.message)
        return error.status
    messages.success(request, _("The message is discarded. It stays in the list of all."))
    return 302


def _replay(request: HttpRequest, letters: list[Any]) -> None:
    stored, tried = dead_letters_replay(letters=letters, actor=request.user)
    words = ngettext(
        "%(stored)d of %(count)d message is stored now.",
        "%(stored)d of %(count)d messages are stored now.",
        tried,
    )
    (messages.success if tried and stored == tried else messages.warning)(
        request, words % {"stored": stored, "count": tried}
    )
