"""The log of a webhook: its messages, one with request and answers, sending again, a test."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.core.errors import DomainError
from apps.telemetry.domain.replaying import (
    MOST,
    message_replay,
    messages_replay,
    replayable,
    webhook_test,
)
from apps.telemetry.enums import WebhookState
from apps.telemetry.forms.webhook import ReplayForm
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_words import attempt_words
from apps.telemetry.selectors.webhooks import (
    TONES,
    access_message,
    access_webhook,
    body_as_text,
    message_rows,
    messages_of,
    secret_until,
    webhook_row,
)
from apps.trials.permissions import works_for

PAGE = 50
#: So long an open page asks again for the answer to a new message.
SOON = timedelta(minutes=2)


@login_required
@require_safe
def webhook_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """How a webhook does, what can be done with it, and its log (``?state=`` limits it)."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk)
    state = request.GET.get("state", "")
    state = state if state in WebhookState.values else ""
    page = Paginator(messages_of(endpoint, state), PAGE).get_page(request.GET.get("page"))
    context = {
        "organization": endpoint.organization,
        "endpoint": endpoint,
        "row": webhook_row(endpoint),
        "secret_until": secret_until(endpoint),
        "page": page,
        "query": f"state={state}" if state else "",
        "rows": message_rows(page),
        "choices": _choices(state),
        "may_write": works_for(request.user, endpoint.organization),
    }
    return render(request, "telemetry/webhook_detail.html", context)


def _choices(state: str) -> list[dict[str, Any]]:
    words = [("", _("All")), *((value, capfirst(label)) for value, label in WebhookState.choices)]
    return [
        {"label": label, "url": f"?state={value}" if value else "?", "current": value == state}
        for value, label in words
    ]


@login_required
@require_POST
def webhook_try(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Send a message of type ``test``; its page shows what came of it."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    try:
        message = webhook_test(endpoint=endpoint, actor=_user(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("telemetry:webhook-detail", organization, pk)
    return redirect("telemetry:webhook-message", organization, pk, message.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_message(
    request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID, message: uuid.UUID
) -> HttpResponse:
    """One message with each request and answer; POST sends it again as a new one.

    Until its first answer htmx asks for the message again.
    """
    write = request.method == "POST"
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=write)
    row = access_message(endpoint=endpoint, pk=message)
    if write:
        return _again(request, endpoint, row)
    tries = [(one, attempt_words(one.status, one.error)) for one in row.tries.all()]
    context = {
        "organization": endpoint.organization,
        "endpoint": endpoint,
        "message": row,
        "tone": TONES[row.state],
        "tries": tries,
        "headers": tries[-1][0].request_headers if tries else {},
        "body": body_as_text(row),
        "size": len(bytes(row.body)),
        "may_write": works_for(request.user, endpoint.organization),
        "soon": _is_under_way(row),
    }
    part = "_webhook_message" if request.headers.get("HX-Request") else "webhook_message"
    return render(request, f"telemetry/{part}.html", context)


def _is_under_way(row: WebhookMessage) -> bool:
    """True while the first answer is likely within seconds."""
    return row.state == WebhookState.WAITING and row.attempts == 0 and clock.now() - row.made_at < SOON


def _again(request: HttpRequest, endpoint: WebhookEndpoint, row: Any) -> HttpResponse:
    try:
        row = message_replay(message=row, actor=_user(request))
        messages.success(request, _("The message is sent again, under a new id."))
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("telemetry:webhook-message", endpoint.organization_id, endpoint.pk, row.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_replay(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Choose a stretch (GET), see how many messages it holds (GET with values), send them again (POST)."""
    endpoint = access_webhook(actor=request.user, organization=organization, pk=pk, write=True)
    now = clock.now()
    given = request.POST if request.method == "POST" else request.GET
    form = ReplayForm(given or None, initial={"since": now - timedelta(days=1), "until": now})
    count = None
    if form.is_bound and form.is_valid():
        if request.method == "POST" and (done := _replayed(request, endpoint, form)):
            return done
        count = replayable(endpoint=endpoint, **form.cleaned_data).count() if form.is_valid() else None
    context = {
        "organization": endpoint.organization,
        "endpoint": endpoint,
        "form": form,
        "count": count,
        "most": MOST,
        "asked": given if count else None,
    }
    status = 422 if form.errors else 200
    return render(request, "telemetry/webhook_replay.html", context, status=status)


def _replayed(request: HttpRequest, endpoint: WebhookEndpoint, form: ReplayForm) -> HttpResponse | None:
    try:
        count = messages_replay(endpoint=endpoint, actor=_user(request), **form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return None
    words = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count)
    messages.success(request, words % {"count": count})
    return redirect("telemetry:webhook-detail", endpoint.organization_id, endpoint.pk)


def _user(request: HttpRequest) -> Any:
    return request.user
