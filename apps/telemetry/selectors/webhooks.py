"""Reading webhooks: the doors to one and to its messages, for people and for keys; the rows of pages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson
from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.telemetry.enums import NewsKind, WebhookState
from apps.telemetry.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_words import attempt_words
from apps.trials.permissions import works_for

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.apikeys.models import ApiKey

Found = TypeVar("Found", WebhookEndpoint, WebhookMessage)
#: Of an address in a list.
PLACE_CHARS: Final = 32
#: Tags of a message's states.
TONES: Final[dict[str, str]] = {
    WebhookState.WAITING: "info",
    WebhookState.DELIVERED: "good",
    WebhookState.FAILED: "error",
}


def access_webhooks(
    *, actor: User | Any, organization: uuid.UUID, write: bool = False
) -> tuple[Organization, QuerySet[WebhookEndpoint]]:
    """An organization and its webhooks. Stranger: ``NotFound``; may only look: ``NotAllowed`` for writes."""
    owner = access_organization(actor=actor, pk=organization)
    if write and not works_for(actor, owner):
        raise NotAllowed(_("You can see the webhooks, but not change them."))
    return owner, WebhookEndpoint.objects.visible_to(actor).filter(organization=owner)


def access_webhook(
    *, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False
) -> WebhookEndpoint:
    """One webhook of an organization; errors as ``access_webhooks``."""
    _owner, endpoints = access_webhooks(actor=actor, organization=organization, write=write)
    return _one(endpoints.filter(pk=pk).select_related("organization").distinct())


def access_message(*, endpoint: WebhookEndpoint, pk: uuid.UUID) -> WebhookMessage:
    """One message of ``endpoint``; every other is ``NotFound``."""
    return _one(WebhookMessage.objects.filter(endpoint=endpoint, pk=pk).select_related("endpoint"))


def webhooks_of_key(key: ApiKey | Any) -> QuerySet[WebhookEndpoint]:
    """The webhooks of the key's organization; of a key limited to trials those limited to no others."""
    if key.organization_id is None:
        return WebhookEndpoint.objects.none()
    endpoints = WebhookEndpoint.objects.filter(organization_id=key.organization_id)
    trials = list(key.trials.values_list("pk", flat=True))
    if not trials:
        return endpoints
    wider = WebhookEndpoint.objects.exclude(trials__in=trials).values("pk")
    others = WebhookEndpoint.trials.through.objects.exclude(trial_id__in=trials)
    return endpoints.exclude(pk__in=wider).exclude(pk__in=others.values("webhookendpoint_id"))


def access_webhook_by_key(*, key: ApiKey | Any, pk: uuid.UUID) -> WebhookEndpoint:
    """A webhook that ``key`` manages; every other is ``NotFound``."""
    return _one(webhooks_of_key(key).filter(pk=pk).select_related("organization"))


def _one(rows: QuerySet[Found]) -> Found:
    found = rows.first()
    if found is None:
        raise NotFound(_("This page does not exist."))
    return found


@dataclass(frozen=True)
class WebhookRow:
    """A webhook in words. ``state``: new, ok, failing, off or gone; ``tone`` of its tag.

    ``place``: its address as long as a line of a list may be.
    """

    endpoint: WebhookEndpoint
    place: str
    state: str
    label: str
    tone: str
    kinds: list[str]
    trials: list[str]


def webhook_row(endpoint: WebhookEndpoint) -> WebhookRow:
    """``endpoint`` in words; prefetch its ``trials``."""
    state = state_of(endpoint)
    label, tone = {
        "gone": (_("off: the receiver is gone"), "attention"),
        "off": (_("off"), "quiet"),
        "failing": (_("not arriving"), "error"),
        "ok": (_("arriving"), "good"),
        "new": (_("nothing sent yet"), "plain"),
    }[state]
    words = {value: str(text) for value, text in NewsKind.choices}
    trials = [trial.code for trial in endpoint.trials.all()]
    place = Truncator(endpoint.url.partition("://")[2]).chars(PLACE_CHARS)
    return WebhookRow(endpoint, place, state, label, tone, [words[kind] for kind in endpoint.kinds], trials)


def state_of(endpoint: WebhookEndpoint) -> str:
    if not endpoint.is_active:
        return "gone" if endpoint.off_reason else "off"
    if endpoint.failing_since:
        return "failing"
    return "ok" if endpoint.delivered_at else "new"


@dataclass(frozen=True)
class MessageRow:
    """A message in the log. ``tone`` of its state's tag; ``last``: its newest attempt, empty before it."""

    message: WebhookMessage
    tone: str
    kind: str
    last: str


def message_rows(messages: Iterable[WebhookMessage]) -> list[MessageRow]:
    """``messages`` with what their newest attempts came to. One query more."""
    rows = list(messages)
    tries = WebhookAttempt.objects.filter(message__in=rows).order_by("message_id", "-number")
    newest = {one.message_id: one for one in tries.distinct("message_id").defer("answer", "request_headers")}
    return [MessageRow(row, TONES[row.state], _kind(row), _words(newest.get(row.pk))) for row in rows]


def _kind(message: WebhookMessage) -> str:
    return _("test") if message.is_test else message.get_kind_display()


def _words(attempt: WebhookAttempt | None) -> str:
    if attempt is None:
        return ""
    words = attempt_words(attempt.status, attempt.error)
    return f"{attempt.status} {words}" if attempt.status else words


def messages_of(endpoint: WebhookEndpoint, state: str = "") -> QuerySet[WebhookMessage]:
    """The log, the newest first, without bodies; ``state`` limits it."""
    messages = WebhookMessage.objects.filter(endpoint=endpoint).order_by("-made_at", "-pk").defer("body")
    return messages.filter(state=state) if state in WebhookState.values else messages


def body_as_text(message: WebhookMessage, *, pretty: bool = True) -> str:
    """The body, ``pretty`` with lines and indents, to be read; what is sent has none."""
    if not pretty:
        return bytes(message.body).decode("utf-8", "replace")
    try:
        return orjson.dumps(orjson.loads(bytes(message.body)), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return bytes(message.body).decode("utf-8", "replace")


def secret_until(endpoint: WebhookEndpoint, *, now: datetime | None = None) -> datetime | None:
    """Until when an older secret signs too; None when one secret signs."""
    now = now or clock.now()
    older = endpoint.secrets.filter(expires_at__gt=now).order_by("-expires_at").first()
    return older.expires_at if older else None
