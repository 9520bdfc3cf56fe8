"""News: what a batch stored, kept for organizations that want to be told, in the batch's own transaction.

The order of ``News.id`` is not the order of commits; the courier takes rows as they become visible.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import transaction

from apps.organizations.models import Organization
from apps.telemetry.models import AlertRule, Listener, WebhookEndpoint

_LISTEN: Final = """
SELECT organization_id FROM telemetry_listener
WHERE organization_id = ANY(%s) AND (webhooks OR alerts OR topics)
"""
_ADD: Final = """
INSERT INTO telemetry_news (organization_id, made_at, uplinks, events)
SELECT o, clock_timestamp(), u::jsonb, e::jsonb
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS t(o, u, e)
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """A new uplink or device event: its organization, id and time."""

    organization_id: uuid.UUID
    id: uuid.UUID
    time: datetime


def news_add(*, cursor: Any, uplinks: Iterable[Fact], events: Iterable[Fact]) -> None:
    """Keep what is new for the organizations that listen; two queries at most, one when nobody does."""
    both: dict[uuid.UUID, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for place, facts in enumerate((uplinks, events)):
        for fact in facts:
            both[fact.organization_id][place].append((fact.id, fact.time))
    if not both:
        return
    cursor.execute(_LISTEN, [list(both)])
    listening = [organization for (organization,) in cursor.fetchall()]
    if listening:
        texts = [[orjson.dumps(both[one][place]).decode() for one in listening] for place in (0, 1)]
        cursor.execute(_ADD, [listening, *texts])


@transaction.atomic
def listener_set(
    *,
    organization: Organization,
    webhooks: bool | None = None,
    alerts: bool | None = None,
    topics: bool | None = None,
) -> Listener:
    """Say what of an organization wants news from now on; None leaves it as it is.

    Call it in the transaction that makes, switches or deletes a webhook, a rule or a key for topics.
    """
    listener = _locked(organization)
    given = {"webhooks": webhooks, "alerts": alerts, "topics": topics}
    for name, wanted in given.items():
        if wanted is not None:
            setattr(listener, name, wanted)
    listener.save()
    return listener


def _locked(organization: Organization) -> Listener:
    Listener.objects.get_or_create(organization=organization)
    return Listener.objects.select_for_update().get(organization=organization)


@transaction.atomic
def listener_refresh(*, organization: Organization) -> None:
    """Webhooks and alert rules count while one is on; call it wherever one may have changed."""
    # First the lock, then the look: whoever switches another one at this moment is waited for. Otherwise
    # each could miss what the other has not committed, and news would be kept for nobody.
    _locked(organization)
    webhooks = WebhookEndpoint.objects.filter(organization=organization, is_active=True)
    alerts = AlertRule.objects.filter(organization=organization, is_on=True)
    listener_set(organization=organization, webhooks=webhooks.exists(), alerts=alerts.exists())
