"""Keys in words and numbers: rows of a list, the use of one by day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext

from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey, ApiRefusal, ApiUsage
from apps.core import clock
from apps.core.clock import TOKYO

#: So many days of use are shown.
USAGE_DAYS = 30


@dataclass(frozen=True)
class KeyRow:
    """A key as pages show it; ``state`` is ``usable``, ``ending`` (another took its place and both work
    for a while), ``replaced``, ``expired`` or ``revoked``; ``calls`` those of the last 30 days, ``refused``
    those that were refused at the door although they held the whole key."""

    key: ApiKey
    state: str
    scopes: list[str]
    trials: list[str]
    calls: int = 0
    refused: int = 0

    @property
    def works(self) -> bool:
        return self.state in ("usable", "ending")


def _state(key: ApiKey, now: datetime) -> str:
    replaced = getattr(key, "replacement", None) is not None
    if key.is_usable(now):
        return "ending" if replaced else "usable"
    if key.revoked_at:
        return "revoked"
    return "replaced" if replaced else "expired"


def key_rows(keys: Iterable[ApiKey], *, now: datetime | None = None) -> list[KeyRow]:
    """``keys`` in words, with their calls. Prefetch ``trials``, select ``replacement``."""
    now, keys = now or clock.now(), list(keys)
    labels = {value: str(label) for value, label in Scope.choices}
    calls, refused = _calls(keys, now), _refused(keys, now)
    return [
        KeyRow(
            key,
            _state(key, now),
            [label for scope, label in labels.items() if scope in key.scopes],
            [trial.code for trial in key.trials.all()],
            calls.get(key.pk, 0),
            refused.get(key.pk, 0),
        )
        for key in keys
    ]


def _first_day(now: datetime) -> date:
    return now.astimezone(TOKYO).date() - timedelta(days=USAGE_DAYS - 1)


def _calls(keys: Sequence[ApiKey], now: datetime) -> dict[uuid.UUID, int]:
    rows = ApiUsage.objects.filter(key__in=keys, day__gte=_first_day(now))
    return dict(rows.values_list("key").annotate(Sum("calls")).order_by())


def _recent(now: datetime) -> Q:
    return Q(last_at__gt=now - timedelta(days=USAGE_DAYS))


def _refused(keys: Sequence[ApiKey], now: datetime) -> dict[uuid.UUID, int]:
    rows = ApiRefusal.objects.filter(_recent(now), key__in=keys)
    return dict(rows.values_list("key").annotate(Sum("calls")).order_by())


def refusals_of(key: ApiKey, *, now: datetime | None = None) -> list[ApiRefusal]:
    """From where ``key`` was used in vain in the last 30 days, the newest first."""
    return list(key.refusals.filter(_recent(now or clock.now())).order_by("-last_at", "-pk"))


@dataclass(frozen=True)
class UsageDay:
    """A day in Japan: calls let in, and those refused because a limit was met."""

    day: date
    calls: int
    refused: int


def usage_days(key: ApiKey, *, now: datetime | None = None) -> list[UsageDay]:
    """The last 30 days of ``key``, today first; a day without calls stands there with noughts."""
    now = now or clock.now()
    rows = ApiUsage.objects.filter(key=key, day__gte=_first_day(now)).values("day").order_by()
    found = {row["day"]: row for row in rows.annotate(calls=Sum("calls"), refused=Sum("refused"))}
    today = now.astimezone(TOKYO).date()
    days = [today - timedelta(days=back) for back in range(USAGE_DAYS)]
    return [
        UsageDay(day, found[day]["calls"], found[day]["refused"]) if day in found else UsageDay(day, 0, 0)
        for day in days
    ]


def usage_chart(days: Sequence[UsageDay]) -> dict[str, Any] | None:
    """Bars of ``days``, the oldest first; None when there was no call."""
    if not any(row.calls or row.refused for row in days):
        return None
    shown = days[::-1]
    return {
        "kind": "bars",
        "unit": pgettext("unit", "calls"),
        "labels": [date_format(row.day, "j M" if get_language() == "en" else "n/j") for row in shown],
        "max": max(4, *(row.calls for row in shown)),
        "series": [{"label": pgettext("api", "Calls"), "values": [row.calls for row in shown]}],
    }
