"""What a call leaves behind that held the whole of a key and was refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from apps.apikeys.domain.using import agent_shortened
from apps.apikeys.enums import Refusal
from apps.apikeys.models import ApiKey, ApiRefusal
from apps.apikeys.rules import address_bucket
from apps.core import clock

#: Refused calls are told so long after the last one.
KEPT = timedelta(days=30)
#: So many addresses of a key are kept apart; who has more shall not fill our tables.
MOST_PLACES = 100


def key_refusal_note(
    *, key: ApiKey, reason: str, address: str, agent: str, now: datetime | None = None
) -> None:
    """Count a refused call with ``key`` for its owner. ``reason`` is the code of the refusal.

    The limit of refused calls stands before this, so an address writes at most so many times a minute;
    what is refused beyond it is not counted here.
    """
    if reason not in Refusal.values:
        return
    now, place, agent = now or clock.now(), address_bucket(address)[:43], agent_shortened(agent)
    rows = ApiRefusal.objects.filter(key=key)
    known = rows.filter(reason=reason, address=place)
    if known.update(calls=F("calls") + 1, last_at=now, agent=agent):
        return
    if rows.count() >= MOST_PLACES:
        place = ""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO apikeys_apirefusal AS r (key_id, reason, address, agent, calls, first_at, last_at) "
            "VALUES (%s, %s, %s, %s, 1, %s, %s) ON CONFLICT (key_id, reason, address) DO UPDATE "
            "SET calls = r.calls + 1, last_at = EXCLUDED.last_at, agent = EXCLUDED.agent",
            [key.pk, reason, place, agent, now, now],
        )


def refusals_sweep(*, now: datetime | None = None) -> int:
    """Delete what is older than ``KEPT``; how many rows."""
    return ApiRefusal.objects.filter(last_at__lt=(now or clock.now()) - KEPT).delete()[0]
