"""Messages on their way: taking those that are due, and writing down what the receivers answered.

Several couriers share the work. A message being sent is due again after ``LEASE``: should its courier die, it
is sent again under the same id. A receiver gets ``AT_ONCE`` messages at the same time, and while it fails
one, after a rest: so neither its queue nor its silence holds up the others.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from apps.core import clock
from apps.core.sealing import unseal
from apps.core.text import kept_text
from apps.telemetry.domain.news import listener_refresh
from apps.telemetry.domain.webhook_mails import failing_mail, off_mail
from apps.telemetry.enums import WebhookState
from apps.telemetry.integrations.web import Answer
from apps.telemetry.models import WebhookAttempt, WebhookEndpoint, WebhookMessage, WebhookSecret
from apps.telemetry.rules.webhook_schedule import WINDOW, next_attempt, rest_of, retry_after
from apps.telemetry.rules.webhook_signature import signed_headers

logger = structlog.get_logger(__name__)
#: Longer than one attempt can take.
LEASE: Final = timedelta(seconds=60)
#: Messages under way to one receiver.
AT_ONCE: Final = 2
#: The owners are told when nothing arrived for so long.
TOLD_AFTER: Final = timedelta(days=3)
GONE: Final = "gone"
#: From which state a message goes to which; nothing leads back.
MOVES: Final = {WebhookState.WAITING: (WebhookState.DELIVERED, WebhookState.FAILED)}
_ANSWER: Final = 4096
_AT_A_TIME: Final = 2_000


@dataclass(frozen=True)
class Delivery:
    """A message to be sent now. ``headers`` None: no secret can be read, so nothing can be signed."""

    id: uuid.UUID
    endpoint_id: uuid.UUID
    url: str
    body: bytes
    headers: dict[str, str] | None


@dataclass(frozen=True)
class Delivered:
    """What came of a delivery that began ``at``."""

    delivery: Delivery
    at: datetime
    answer: Answer


@transaction.atomic
def deliveries_take(*, limit: int, now: datetime | None = None) -> list[Delivery]:
    """Up to ``limit`` messages that are due, healthy receivers first; each is ours for ``LEASE``."""
    now = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "lease": now + LEASE, "limit": limit, "at_once": AT_ONCE})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    messages = list(WebhookMessage.objects.filter(pk__in=ids).select_related("endpoint").order_by("made_at"))
    secrets = _secrets({message.endpoint_id for message in messages}, now)
    return [_delivery(message, secrets[message.endpoint_id], now) for message in messages]


@sensitive_variables()
def _secrets(endpoints: set[uuid.UUID], now: datetime) -> dict[uuid.UUID, list[str]]:
    """The secrets of each that sign now, the newest first."""
    found: dict[uuid.UUID, list[str]] = {endpoint: [] for endpoint in endpoints}
    rows = WebhookSecret.objects.filter(endpoint__in=endpoints).order_by("-made_at", "-pk")
    for row in rows:
        if row.expires_at is None or row.expires_at > now:
            try:
                found[row.endpoint_id].append(unseal(bytes(row.sealed), settings.WEBHOOK_SECRETS).decode())
            except InvalidToken:
                logger.error("webhook_secret_unreadable", endpoint=str(row.endpoint_id))
    return found


@sensitive_variables("secrets")
def _delivery(message: WebhookMessage, secrets: Sequence[str], now: datetime) -> Delivery:
    body = bytes(message.body)
    headers = signed_headers(secrets, str(message.pk), now, body) if secrets else None
    return Delivery(message.pk, message.endpoint_id, message.endpoint.url, body, headers)


@transaction.atomic
def deliveries_record(*, results: Sequence[Delivered], now: datetime | None = None) -> None:
    """Write down what was answered; messages and endpoints that are gone meanwhile are left out."""
    now = now or clock.now()
    endpoints = _locked({one.delivery.endpoint_id for one in results})
    wanted = {one.delivery.id for one in results}
    rows = WebhookMessage.objects.select_for_update().filter(pk__in=wanted).order_by("pk").defer("body")
    messages = {row.pk: row for row in rows}
    known = [one for one in results if one.delivery.id in messages and one.delivery.endpoint_id in endpoints]
    known.sort(key=lambda result: result.at)
    for one in known:
        messages[one.delivery.id].attempts += 1
        messages[one.delivery.id].taken_at = None
    WebhookAttempt.objects.bulk_create([_attempt(one, messages[one.delivery.id].attempts) for one in known])
    fine = [one for one in known if one.answer.is_success]
    messages_move(messages=[messages[one.delivery.id] for one in fine], to=WebhookState.DELIVERED, now=now)
    _healthy([endpoints[one.delivery.endpoint_id] for one in fine], now)
    for one in known:
        if not one.answer.is_success:
            _refused(messages[one.delivery.id], endpoints[one.delivery.endpoint_id], one.answer, now)


def _attempt(one: Delivered, number: int) -> WebhookAttempt:
    answer = one.answer
    return WebhookAttempt(
        message_id=one.delivery.id,
        number=number,
        at=one.at,
        took_ms=answer.took_ms,
        status=answer.status,
        error=answer.error,
        request_headers=answer.request_headers,
        answer=kept_text(answer.text)[:_ANSWER],
    )


def _locked(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, WebhookEndpoint]:
    rows = WebhookEndpoint.objects.filter(pk__in=list(ids)).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(no_key=True)}


def _refused(message: WebhookMessage, endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    gone, asked = answer.status == HTTPStatus.GONE, None
    if answer.retry_after and answer.status in (
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ):
        asked = retry_after(answer.retry_after, now)
    due = None if gone else next_attempt(message.attempts, now, asked)
    if due is None:
        messages_move(messages=[message], to=WebhookState.FAILED, now=now)
    else:
        message.due_at = due
        message.save(update_fields=["attempts", "taken_at", "due_at"])
    _failing(endpoint, now, asked)
    if gone:
        _off(endpoint, now)


def messages_move(*, messages: Sequence[WebhookMessage], to: WebhookState, now: datetime) -> None:
    """The one writer of a message's state; what has an end already keeps it."""
    for message in messages:
        if to in MOVES.get(WebhookState(message.state), ()):
            message.state = to
            message.delivered_at = now if to == WebhookState.DELIVERED else None
    WebhookMessage.objects.bulk_update(
        messages, ["state", "delivered_at", "attempts", "taken_at"], batch_size=500
    )


def _healthy(endpoints: Sequence[WebhookEndpoint], now: datetime) -> None:
    """They took something: whatever was held back for them is free again."""
    for endpoint in endpoints:
        endpoint.delivered_at = now
        endpoint.failing_since = endpoint.rest_until = endpoint.told_at = None
        endpoint.failures = 0
    rows = WebhookEndpoint.objects.filter(pk__in={endpoint.pk for endpoint in endpoints})
    rows.update(
        delivered_at=now, failing_since=None, rest_until=None, told_at=None, failures=0, updated_at=now
    )


def _failing(endpoint: WebhookEndpoint, now: datetime, asked: timedelta | None) -> None:
    endpoint.failures = min(endpoint.failures + 1, 1_000_000)
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.rest_until = now + rest_of(endpoint.failures, asked)
    if endpoint.told_at is None and endpoint.is_active and now - endpoint.failing_since >= TOLD_AFTER:
        endpoint.told_at = now
        failing_mail(endpoint)
    endpoint.save(update_fields=["failing_since", "failures", "rest_until", "told_at", "updated_at"])


def _off(endpoint: WebhookEndpoint, now: datetime) -> None:
    """The receiver says that it is gone for good: no more messages, and its owners are told."""
    if not endpoint.is_active:
        return
    endpoint.is_active, endpoint.off_reason, endpoint.off_at = False, GONE, now
    endpoint.save(update_fields=["is_active", "off_reason", "off_at", "updated_at"])
    listener_refresh(organization=endpoint.organization)
    off_mail(endpoint)


@transaction.atomic
def messages_give_up(*, now: datetime | None = None, limit: int = 5_000) -> int:
    """Give up what waited longer than all pauses together, whether tried or not; returns how many."""
    now = now or clock.now()
    # What is under way has its lease; where that is over, the courier that had it is gone.
    idle = Q(taken_at=None) | Q(due_at__lte=now)
    old = WebhookMessage.objects.select_for_update(skip_locked=True).filter(
        idle, state=WebhookState.WAITING, made_at__lt=now - WINDOW
    )
    rows = list(old.defer("body").order_by("pk")[:limit])
    messages_move(messages=rows, to=WebhookState.FAILED, now=now)
    return len(rows)


def log_forget(*, now: datetime | None = None) -> int:
    """Delete messages that have an end, with their attempts, after the days that the log is kept."""
    before, gone = (now or clock.now()) - timedelta(days=settings.WEBHOOK_KEEP_DAYS), 0
    old = WebhookMessage.objects.filter(made_at__lt=before).exclude(state=WebhookState.WAITING)
    while ids := list(old.order_by().values_list("pk", flat=True)[:_AT_A_TIME]):
        gone += WebhookMessage.objects.filter(pk__in=ids).delete()[1].get("telemetry.WebhookMessage", 0)
    return gone


#: Endpoints with something due, locked for this moment; of each as many messages as it may get now. The locks
#: do not show what a courier took between our snapshot and its commit: the update asks each message anew.
_TAKE = """
WITH ready AS (
    SELECT e.id, e.failures FROM telemetry_webhookendpoint e
    WHERE e.is_active AND (e.rest_until IS NULL OR e.rest_until <= %(now)s)
        AND EXISTS (
            SELECT FROM telemetry_webhookmessage m
            WHERE m.endpoint_id = e.id AND m.state = 'waiting' AND m.due_at <= %(now)s
        )
    ORDER BY e.failures > 0, e.id
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF e SKIP LOCKED
), due AS (
    SELECT m.id FROM ready r CROSS JOIN LATERAL (
        SELECT m.id FROM telemetry_webhookmessage m
        WHERE m.endpoint_id = r.id AND m.state = 'waiting' AND m.due_at <= %(now)s
        ORDER BY CASE WHEN r.failures > 0 THEN m.attempts ELSE 0 END, m.made_at, m.id
        LIMIT greatest(0, CASE WHEN r.failures > 0 THEN 1 ELSE %(at_once)s END - (
            SELECT count(*) FROM telemetry_webhookmessage t
            WHERE t.endpoint_id = r.id AND t.taken_at IS NOT NULL AND t.due_at > %(now)s
        ))
    ) m LIMIT %(limit)s
)
UPDATE telemetry_webhookmessage m SET taken_at = %(now)s, due_at = %(lease)s
FROM due WHERE m.id = due.id AND m.state = 'waiting' AND m.due_at <= %(now)s RETURNING m.id
"""
