"""What everyone reads: the list of calls, each call, its dates and files. Kept without cookies."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.calls import rules
from apps.calls.selectors.call_page import access_call_file, calendar_entries, call_page, next_change
from apps.calls.selectors.calls import (
    access_call_of_file,
    access_published_call,
    calls_by_phase,
    published_calls,
)
from apps.core import clock
from apps.core.calendar_file import CONTENT_TYPE, calendar_file
from apps.core.public_pages import keep_until, public_page


@require_safe
@public_page
def call_list(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then the past."""
    now = clock.now()
    groups = calls_by_phase(now)
    context = {"groups": groups, "minutes": rules.MINUTES, "asked": len(rules.ALWAYS_ASKED)}
    response = render(request, "calls/call_list.html", context)
    changes = [next_change(item.call, now) for item in (*groups["open"], *groups["before"])]
    if changes:
        keep_until(response, min(changes))
    return response


@require_safe
@public_page
def call_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One call: what is lent, to whom, until when, what will be asked, and everything said about it."""
    now = clock.now()
    page = call_page(access_published_call(code=code), now)
    response = render(
        request, "calls/call_detail.html", {"page": page, "shown": page.shown, "call": page.call}
    )
    keep_until(response, next_change(page.call, now))
    return response


@require_safe
@public_page
def calls_of_event(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A slot: the public calls that an event is about; empty when there are none."""
    return render(request, "calls/_of_event.html", {"calls": published_calls().filter(briefings=pk)})


@require_safe
@public_page
def call_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The dates of a call for people's own calendars."""
    call = access_published_call(code=code)
    name = call.localized("title", get_language() or "ja")
    content = calendar_file(name=name, entries=calendar_entries(call))
    return HttpResponse(content, content_type=CONTENT_TYPE)


@require_safe
def call_file(request: HttpRequest, code: str, pk: uuid.UUID, name: str) -> FileResponse:
    """A file of a call, to be saved and never shown in our own origin. ``name`` is for people only."""
    call = access_call_of_file(actor=request.user, code=code)
    row = access_call_file(call=call, pk=pk)
    try:
        file = row.file.open("rb")
    except (OSError, ValueError):  # gone, or never there
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=row.download_name)
    response["Content-Type"] = row.content_type or "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "public, max-age=300" if call.state == "published" else "private, no-store"
    return response
