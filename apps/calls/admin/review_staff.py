"""Staff run the review of a call: how far it is, mails to reviewers; and the addresses of all its pages.

They stand below the call's own in the admin; each act asks on its page (GET), its button does it (POST).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.calls.admin import review_assign, review_phases
from apps.calls.admin.review_frame import of_call, show
from apps.calls.domain.reminding import ASSIGNED, REMIND, previews, reviewers_remind, reviewers_tell
from apps.calls.models import Call
from apps.calls.selectors.assigning import WANTED
from apps.calls.selectors.phases import active_phase, sealed_until
from apps.calls.selectors.progress import Progress, ReviewerProgress, progress_of
from apps.core import clock
from apps.core.admin_site import register_admin_urls
from apps.core.errors import Conflict

PER_PAGE = 50


@require_safe
@of_call
def progress(request: HttpRequest, call: Call) -> HttpResponse:
    """By reviewer and by application how many are in. No scores, whoever looks."""
    now = clock.now()
    found = progress_of(call, now)
    return show(
        request,
        call,
        "progress",
        _("Progress of the review"),
        progress=found,
        active=active_phase(call, now),
        sealed_until=sealed_until(call, now),
        short=len(found.short_of(WANTED)),
        wanted=WANTED,
        page=Paginator(found.applications, PER_PAGE).get_page(request.GET.get("page")),
    )


@of_call
def tell(request: HttpRequest, call: Call) -> HttpResponse:
    """Tell reviewers once what was given to them."""
    return _mails(request, call, "tell", _("Tell reviewers"), reviewers_tell)


@of_call
def remind(request: HttpRequest, call: Call) -> HttpResponse:
    """Remind those who have something left."""
    return _mails(request, call, "remind", _("Remind reviewers"), reviewers_remind)


def _mails(request: HttpRequest, call: Call, name: str, title: str, act: Callable[..., int]) -> HttpResponse:
    """To whom and what (GET); exactly that (POST)."""
    status = 200
    if request.method == "POST":
        try:
            count = act(call=call, actor=request.user, reviewers=_chosen(request))
        except Conflict as error:
            messages.error(request, error.message)
            status = error.status
        else:
            messages.success(request, _sent(count))
            return redirect("admin:calls_call_review", call.pk)
    found = progress_of(call)
    rows = _rows(found, name)
    template = ASSIGNED if name == "tell" else REMIND
    mails = previews(found, rows, template) if found.phase else []
    return show(request, call, name, title, status=status, progress=found, rows=rows, mails=mails)


def _rows(found: Progress, name: str) -> list[ReviewerProgress]:
    if found.phase is None:
        return []
    return found.told_next if name == "tell" else found.reminded_next


def _chosen(request: HttpRequest) -> set[uuid.UUID]:
    """The reviewers of the page; what is none is left out."""
    chosen = set()
    for value in request.POST.getlist("reviewer"):
        try:
            chosen.add(uuid.UUID(value))
        except ValueError:
            continue
    return chosen


def _sent(count: int) -> str:
    words = ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count)
    return words % {"count": count}


def _urls() -> list[Any]:
    base = "calls/call/<uuid:pk>/review/"
    phase = f"{base}phases/<uuid:phase>/"
    pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "review": (base, progress),
        "phases": (f"{base}phases/", review_phases.phases),
        "phases_propose": (f"{base}phases/propose/", review_phases.propose),
        "phase_new": (f"{base}phases/add/", review_phases.add),
        "phase": (phase, review_phases.change),
        "phase_remove": (f"{phase}remove/", review_phases.remove),
        "assign": (f"{base}assign/", review_assign.assign),
        "assign_evenly": (f"{base}assign/evenly/", review_assign.evenly),
        "review_tell": (f"{base}tell/", tell),
        "review_remind": (f"{base}remind/", remind),
    }
    wrap = admin.site.admin_view
    return [path(where, wrap(view), name=f"calls_call_{name}") for name, (where, view) in pages.items()]


register_admin_urls(_urls())
