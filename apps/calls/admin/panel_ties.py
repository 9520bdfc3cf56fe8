"""A reviewer's first steps: the own ties, then "no conflict / soft / hard" for each application.

Of an application only number, title and themes are shown, veiled as the phase says. Imported before
``reviewer``, whose addresses take any code below ``/admin/review/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.calls.admin.review_access import register_review_entry, review_page, reviewer_page
from apps.calls.domain.conflict import conflict_declare, ties_state
from apps.calls.domain.panel import reviewer_leave
from apps.calls.forms.panel import DeclareForm, NoTiesForm, TieForms, tie_start
from apps.calls.models import Reviewer
from apps.calls.selectors.panel import (
    ToDeclare,
    access_own_part,
    needs_ties,
    reviewer_calls,
    ties_of_reviewer,
    to_declare,
)
from apps.core.admin_site import register_admin_urls
from apps.core.errors import Conflict, DomainError


@require_safe
@reviewer_page
def own_ties(request: HttpRequest) -> HttpResponseBase:
    """By call, for what is stated anew each year."""
    parts = reviewer_calls(request.user)
    if len(parts) == 1:
        return redirect("admin:review-ties", parts[0].call.code)
    return review_page(request, "own_ties", {"title": _("My connections"), "parts": parts})


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_page
def ties(request: HttpRequest, call: str) -> HttpResponseBase:
    """State the own connections, or that there are none; change them when they change."""
    part = access_own_part(actor=request.user, call_code=call)
    if request.method != "POST":
        kept = ties_of_reviewer(part)
        none = NoTiesForm(initial={"none": not needs_ties(part) and not kept})
        return _ties_page(request, part, TieForms(initial=tie_start(kept), prefix="tie"), none)
    forms, none = TieForms(request.POST, prefix="tie"), NoTiesForm(request.POST)
    if not _agree(forms, none):
        return _ties_page(request, part, forms, none, status=422)
    ties_state(reviewer=part, actor=request.user, ties=forms.stated)  # type: ignore[arg-type, attr-defined]
    messages.success(request, _("Your connections are kept."))
    if "more" in request.POST:
        return redirect("admin:review-ties", part.call.code)
    left = to_declare(part)
    return redirect("admin:review-declare", part.call.code) if left else redirect("admin:review-home")


def _agree(forms: Any, none: NoTiesForm) -> bool:
    """Everything can be kept: rows without faults, or “none” and no row."""
    fine = forms.is_valid() and none.is_valid()
    if not fine:
        return False
    if bool(forms.stated) == bool(none.cleaned_data["none"]):
        words = (
            _("You have written connections and ticked that there are none. Please take one of them back.")
            if forms.stated
            else _("Write your connections, or tick that there are none.")
        )
        none.add_error("none", words)
        return False
    return True


def _ties_page(
    request: HttpRequest, part: Reviewer, forms: Any, none: NoTiesForm, status: int = 200
) -> HttpResponse:
    context = {"title": _("My connections"), "part": part, "forms": forms, "none": none}
    return review_page(request, "ties", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_page
def declare(request: HttpRequest, call: str) -> HttpResponseBase:
    """Each assigned application by title and themes: is there a conflict?"""
    part = access_own_part(actor=request.user, call_code=call)
    if needs_ties(part):
        return redirect("admin:review-ties", part.call.code)
    rows = to_declare(part)
    if request.method != "POST":
        return _declare_page(request, part, [(row, DeclareForm(prefix=row.code)) for row in rows])
    pairs = [(row, DeclareForm(request.POST, prefix=row.code)) for row in rows]
    count = sum(_declare_one(request, row, form) for row, form in pairs)
    if any(form.errors for _row, form in pairs):
        left = [(row, form) for row, form in pairs if not hasattr(form, "kept")]
        return _declare_page(request, part, left, status=422)
    if not count and pairs:
        messages.error(request, _("Nothing was chosen yet."))
        return redirect("admin:review-declare", part.call.code)
    words = ngettext("Kept for %(count)d application.", "Kept for %(count)d applications.", count)
    messages.success(request, words % {"count": count})
    return redirect("admin:review-home")


def _declare_one(request: HttpRequest, row: ToDeclare, form: DeclareForm) -> int:
    """Keep what was chosen for one application; 0 when nothing was, or it was refused."""
    if not form.is_valid() or not form.cleaned_data["kind"]:
        return 0
    try:
        conflict_declare(
            assignment=row.assignment,
            actor=request.user,  # type: ignore[arg-type]
            kind=form.cleaned_data["kind"],
            note=form.cleaned_data["note"],
        )
    except Conflict:
        pass  # declared in another window: it is kept as it was said there
    except DomainError as error:
        form.refuse(error)
        return 0
    vars(form)["kept"] = True
    return 1


def _declare_page(
    request: HttpRequest, part: Reviewer, pairs: Sequence[tuple[ToDeclare, DeclareForm]], status: int = 200
) -> HttpResponse:
    context = {"title": _("Conflicts of interest"), "part": part, "pairs": pairs}
    return review_page(request, "declare", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_page
def leave(request: HttpRequest, call: str) -> HttpResponseBase:
    """Stop reviewing a call altogether (GET asks, POST does it)."""
    part = access_own_part(actor=request.user, call_code=call)
    if request.method != "POST":
        return review_page(request, "leave", {"title": _("Stop reviewing"), "part": part})
    reviewer_leave(reviewer=part, actor=request.user)  # type: ignore[arg-type]
    messages.success(request, _("You review this call no longer. Thank you for your help."))
    return redirect("admin:review-home" if reviewer_calls(request.user) else "portal:home")


register_admin_urls(
    [
        path("review/ties/", own_ties, name="review-own-ties"),
        path("review/calls/<slug:call>/ties/", ties, name="review-ties"),
        path("review/calls/<slug:call>/declare/", declare, name="review-declare"),
        path("review/calls/<slug:call>/leave/", leave, name="review-leave"),
    ]
)
register_review_entry(gettext_lazy("My connections"), "admin:review-own-ties")
