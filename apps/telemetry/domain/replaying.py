"""Messages a person asks for: a test, one message again, all of a stretch of time again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotFound
from apps.telemetry.domain.telling import message_of
from apps.telemetry.enums import WebhookState
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_body import body_of

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Messages sent again with one press.
MOST: Final = 10_000
_COPY: Final = """
INSERT INTO telemetry_webhookmessage
    (id, endpoint_id, kind, body, made_at, state, attempts, due_at, is_test, replay_of_id)
SELECT gen_random_uuid(), m.endpoint_id, m.kind, m.body, %(now)s::timestamptz + n * interval '1 microsecond',
    'waiting', 0, %(now)s, false, m.id
FROM (SELECT *, row_number() OVER (ORDER BY made_at, id) AS n FROM telemetry_webhookmessage
      WHERE id = ANY(%(ids)s)) m
"""


@transaction.atomic
def webhook_test(
    *, endpoint: WebhookEndpoint, actor: User | None, now: datetime | None = None
) -> WebhookMessage:
    """A message of type ``test``, sent like any other. Raises ``Conflict`` while the webhook is off."""
    now, endpoint = now or clock.now(), _held(endpoint)
    data = {"organization": endpoint.organization_id, "webhook": endpoint.pk, "name": endpoint.name}
    body = body_of(kind="test", data=data, at=now)
    message = message_of(endpoint.pk, endpoint.kinds[0], body, now, is_test=True)
    message.save()
    # Whoever tests wants to know now, not after the rest of an address that failed.
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(rest_until=None)
    record(action="webhook.test", actor=actor, target=endpoint, organization_id=endpoint.organization_id)
    return message


@transaction.atomic
def message_replay(
    *, message: WebhookMessage, actor: User | None, now: datetime | None = None
) -> WebhookMessage:
    """The same body again as a new message with an id of its own."""
    now, endpoint = now or clock.now(), _held(message.endpoint)
    again = message_of(
        endpoint.pk, message.kind, bytes(message.body), now, replay_of=message, is_test=message.is_test
    )
    again.save()
    _note(endpoint, actor, 1)
    return again


def replayable(
    *, endpoint: WebhookEndpoint, since: datetime, until: datetime, failed_only: bool
) -> QuerySet[WebhookMessage]:
    """What of ``since`` ≤ made < ``until`` would be sent again: no tests, no repeats, nothing that waits or
    is being sent again already."""
    again = WebhookMessage.objects.filter(replay_of=OuterRef("pk"), state=WebhookState.WAITING)
    messages = WebhookMessage.objects.filter(
        ~Exists(again),
        endpoint=endpoint,
        made_at__gte=since,
        made_at__lt=until,
        is_test=False,
        replay_of=None,
    ).exclude(state=WebhookState.WAITING)
    return messages.filter(state=WebhookState.FAILED) if failed_only else messages


@transaction.atomic
def messages_replay(
    *,
    endpoint: WebhookEndpoint,
    actor: User | None,
    since: datetime,
    until: datetime,
    failed_only: bool = True,
    now: datetime | None = None,
) -> int:
    """Send all of a stretch again, as new messages; returns how many.

    Raises ``InvalidInput`` when it is empty or holds too many, ``Conflict`` while the webhook is off.
    """
    endpoint = _held(endpoint)
    if since >= until:
        raise InvalidInput(
            _("Some values cannot be accepted."),
            fields={"until": [_("The end must be after the beginning.")]},
        )
    chosen = replayable(endpoint=endpoint, since=since, until=until, failed_only=failed_only)
    ids: list[uuid.UUID] = list(chosen.order_by("made_at", "pk").values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        raise InvalidInput(
            _("Some values cannot be accepted."),
            fields={"until": [_("Choose a shorter time: up to %(most)d messages at once.") % {"most": MOST}]},
        )
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_COPY, {"now": now or clock.now(), "ids": ids})
        _note(endpoint, actor, len(ids))
    return len(ids)


def _held(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """``endpoint`` as it is now: on, and held, so that of two presses the second sees what the first did."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",))
    held: WebhookEndpoint | None = rows.filter(pk=endpoint.pk).first()
    if held is None:
        raise NotFound(_("This webhook was removed."))
    if not held.is_active:
        raise Conflict(_("The webhook is off. Switch it on first."), code="webhook_off")
    return held


def _note(endpoint: WebhookEndpoint, actor: User | None, count: int) -> None:
    record(
        action="webhook.replay",
        actor=actor,
        target=endpoint,
        organization_id=endpoint.organization_id,
        data={"messages": count},
    )
