"""What everyone reads: the list of calls and each call. Kept in the cache, without cookies."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.calls import rules
from apps.calls.selectors.calls import access_published_call, asks_of, calls_by_phase, shown_call
from apps.core.public_pages import public_page


@require_safe
@public_page
def call_list(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then the past."""
    context = {"groups": calls_by_phase(), "minutes": rules.MINUTES, "asked": len(rules.ALWAYS_ASKED)}
    return render(request, "calls/call_list.html", context)


@require_safe
@public_page
def call_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One call: what is lent, to whom, until when, and what will be asked."""
    shown = shown_call(access_published_call(code=code))
    context = {"shown": shown, "call": shown.call, "questions": rules.questions_of(asks_of(shown.call))}
    return render(request, "calls/call_detail.html", context)
