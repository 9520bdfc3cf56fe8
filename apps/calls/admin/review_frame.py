"""The frame of staff's pages about the review of one call: who may enter, and the way between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.calls.models import Call
from apps.core.errors import DomainError, InvalidInput

_FOLDER = "admin/calls/review"
View = Callable[..., HttpResponse]


def of_call(view: View) -> View:
    """``view(request, call, …)`` for staff who may change calls; for others the call is not there."""

    @wraps(view)
    def page(request: HttpRequest, pk: Any, **kwargs: Any) -> HttpResponse:
        call = Call.objects.filter(pk=pk).first()
        if call is None or not request.user.has_perm("calls.change_call"):
            raise Http404
        return view(request, call, **kwargs)

    return page


def show(
    request: HttpRequest, call: Call, name: str, title: str, *, status: int = 200, **context: Any
) -> TemplateResponse:
    frame = {
        **admin.site.each_context(request),
        "opts": Call._meta,
        "title": title,
        "call": call,
        "ways": _ways(request, call),
    }
    return TemplateResponse(request, f"{_FOLDER}/{name}.html", {**frame, **context}, status=status)


def _ways(request: HttpRequest, call: Call) -> list[dict[str, Any]]:
    """The pages of this call's review; the part of the address that they share marks the present one."""
    names = {
        "calls_call_review": _("Progress"),
        "calls_call_phases": _("Phases"),
        "calls_call_panel": _("Reviewers"),
        "calls_call_conflicts": _("Conflicts of interest"),
        "calls_call_assign": _("Assignment"),
        "calls_decision_board": _("Deliberation"),
    }
    found = []
    for name, label in names.items():
        try:
            url = reverse(f"admin:{name}", args=[call.pk])
        except NoReverseMatch:
            continue
        here = request.path == url or (name != "calls_call_review" and request.path.startswith(url))
        found.append({"label": label, "url": url, "current": here})
    return found


def refuse(form: forms.Form, error: DomainError) -> int:
    """Show in ``form`` why it was refused; the status of its page."""
    if isinstance(error, InvalidInput) and error.fields:
        for name, texts in error.fields.items():
            form.add_error(name if name in form.fields else None, texts)
    else:
        form.add_error(None, error.message)
    return error.status
