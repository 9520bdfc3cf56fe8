"""How many calls are let in: by key, organization, person or address, and by day; and how many refused.

Redis counts. While it is away PostgreSQL does, each limit being a quarter of what it was, since its
counts begin empty.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.apikeys.enums import KeyKind
from apps.apikeys.errors import LimitMet
from apps.apikeys.integrations.counters import Away, calls_take
from apps.apikeys.models import ApiKey, ApiWindow
from apps.apikeys.rules import Decision, Policy, address_bucket
from apps.apikeys.rules.policies import decided
from apps.core import clock
from apps.core.clock import TOKYO
from apps.core.site import site_settings

MINUTE, DAY = 60, 86400
#: While Redis is away, so much of each limit is left: one ``DEGRADED_SHARE``-th.
DEGRADED_SHARE = 4
#: The name under which PostgreSQL counts use.
DATABASE = "database"


def limits_of(key: ApiKey | None, address: str, now: datetime) -> list[Policy]:
    """The limits of a call with ``key``, or without one from ``address``. Sizes: the city's settings."""
    site = site_settings()
    if key is None:
        size = site.api_anonymous_a_minute
        return [Policy("anonymous", f"a:{_bucket(address)}", size, MINUTE, MINUTE)]
    if key.kind == KeyKind.PERSONAL:
        owner = f"p:{key.person_id}"
        minute, a_day = site.api_person_a_minute, site.api_person_a_day
        rows = [Policy("person", owner, minute, MINUTE, MINUTE)]
    else:
        owner = f"o:{key.organization_id}"
        minute, a_day = site.api_organization_a_minute, site.api_organization_a_day
        rows = [
            Policy("key", f"k:{key.pk}", site.api_key_a_minute, MINUTE, MINUTE),
            Policy("organization", owner, minute, MINUTE, MINUTE),
        ]
    local = now.astimezone(TOKYO)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = (midnight - local).total_seconds()
    return [*rows, Policy("day", f"{owner}:{local:%Y%m%d}", a_day, DAY, left)]


def call_take(*, key: ApiKey | None, address: str, now: datetime | None = None) -> Decision:
    """Take one call from every limit of it and count its use. The decision says what is left.

    Never raises for a missing Redis: see the module.
    """
    now = now or clock.now()
    return _take(limits_of(key, address, now), key, now)


def refused_take(*, address: str, now: datetime | None = None) -> Decision:
    """Take one call whose key is refused from the limit of its address. Good calls never ask for it: a
    company behind the same address is not locked out, and pays nothing."""
    bucket, size = f"r:{_bucket(address)}", site_settings().api_refused_a_minute
    return _take([Policy("refused", bucket, size, MINUTE, MINUTE)], None, now or clock.now())


def _bucket(address: str) -> str:
    return sha256(address_bucket(address).encode()).hexdigest()[:24]


def _take(policies: Sequence[Policy], key: ApiKey | None, now: datetime) -> Decision:
    day = now.astimezone(TOKYO).date()
    rows = [(policy.bucket, policy.limit, policy.left) for policy in policies]
    try:
        met, taken = calls_take(rows, key_id=key.pk if key else None, day=day)
        return decided(policies, taken, met)
    except Away:
        stricter = [policy.stricter(DEGRADED_SHARE) for policy in policies]
        return _take_in_database(stricter, key, day, now)


def _who(name: str) -> str:
    return {
        "key": _("This API key"),
        "organization": _("Your organization, with all its keys,"),
        "person": _("You, with all your keys,"),
        "anonymous": _("Your address, without an API key,"),
        "refused": _("Your address, with keys that are refused,"),
        "day": _("All your keys together"),
    }[name]


def limit_refuse(decision: Decision, now: datetime | None = None) -> None:
    """Raise ``LimitMet`` when the decision is a refusal: which limit, its size, when it frees."""
    if decision.refused is None:
        return
    policy, wait = decision.refused.policy, decision.refused.wait
    frees_at = ((now or clock.now()) + timedelta(seconds=wait)).astimezone(TOKYO).replace(microsecond=0)
    size = {"who": _who(policy.name), "count": policy.limit, "time": f"{frees_at:%H:%M:%S}"}
    if policy.name == "day":
        words = ngettext(
            "%(who)s may make %(count)d call a day. Try again after midnight in Japan.",
            "%(who)s may make %(count)d calls a day. Try again after midnight in Japan.",
            policy.limit,
        )
    else:
        words = ngettext(
            "%(who)s may make %(count)d call a minute. Try again at %(time)s.",
            "%(who)s may make %(count)d calls a minute. Try again at %(time)s.",
            policy.limit,
        )
    data = {
        "limit": policy.name,
        "limit_size": policy.limit,
        "limit_seconds": policy.seconds,
        "frees_at": frees_at.isoformat(),
        "retry_after": wait,
    }
    raise LimitMet(words % size, data=data)


_TAKE = """
INSERT INTO apikeys_apiwindow AS w (name, ends_at, used) VALUES (%(name)s, %(ends_at)s, 1)
ON CONFLICT (name) DO UPDATE SET
    used = CASE WHEN w.ends_at <= %(now)s THEN 1 ELSE w.used + 1 END,
    ends_at = CASE WHEN w.ends_at <= %(now)s THEN EXCLUDED.ends_at ELSE w.ends_at END
WHERE w.ends_at <= %(now)s OR w.used < %(limit)s
RETURNING used, ends_at
"""


class _Met(Exception):
    """Undoes what the other limits gave."""


@transaction.atomic
def _take_in_database(policies: Sequence[Policy], key: ApiKey | None, day: date, now: datetime) -> Decision:
    """As ``calls_take``, in PostgreSQL; rows are taken in one order, so that nobody waits in a circle."""
    try:
        with transaction.atomic():
            decision = _take_all(policies, now)
            if decision.refused is not None:
                raise _Met
    except _Met:
        pass
    if key is not None:
        _use_count(key.pk, day, refused=decision.refused is not None)
    return decision


def _take_all(policies: Sequence[Policy], now: datetime) -> Decision:
    taken: list[tuple[int, float]] = []
    met: list[int] = []
    with connection.cursor() as cursor:
        for place, policy in enumerate(policies):
            ends_at = now + timedelta(seconds=policy.left)
            values: dict[str, Any] = {
                "name": policy.bucket,
                "ends_at": ends_at,
                "now": now,
                "limit": policy.limit,
            }
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
            if row is None:
                met.append(place)
                found = ApiWindow.objects.filter(name=policy.bucket).values_list("used", "ends_at").first()
                row = found or (policy.limit, ends_at)
            taken.append((row[0], (row[1] - now).total_seconds()))
    return decided(policies, taken, max(met, key=lambda place: taken[place][1], default=None))


def _use_count(key_id: uuid.UUID, day: date, *, refused: bool) -> None:
    calls = 0 if refused else 1
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO apikeys_apiusage AS u (key_id, day, source, calls, refused) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (key_id, day, source) DO UPDATE "
            "SET calls = u.calls + EXCLUDED.calls, refused = u.refused + EXCLUDED.refused",
            [key_id, day, DATABASE, calls, 1 - calls],
        )


def windows_sweep(*, now: datetime | None = None) -> int:
    """Delete counts that are over; how many."""
    return ApiWindow.objects.filter(ends_at__lt=now or clock.now()).delete()[0]
