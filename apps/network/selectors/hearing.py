"""How gateways are heard, for staff: those that are entered, those that only uplinks tell of, squares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, Sum

from apps.core import clock
from apps.network.enums import GatewayState
from apps.network.models import CoverageCell, Gateway, GatewayDay
from apps.network.rules import HEARD_DAYS, hearing_of, hours_heard
from apps.network.selectors.coverage import Square

#: Squares that the staff map draws, the newest first.
MOST_SQUARES = 3000
#: Gateways that are not entered are told for so many days.
STRAY_DAYS = 30


#: States of gateways, those that need somebody first.
ORDER = ("silent", "late", "stray", "never", "ok", "removed")


@dataclass(frozen=True)
class HeardGateway:
    """A gateway with what it carried in the last 7 days. ``gateway`` is None: it is not entered.

    ``hours`` of ``of`` whole hours it was heard in, since the first one.
    """

    gateway_id: str
    gateway: Gateway | None
    state: str
    last_at: datetime | None
    uplinks: int = 0
    hours: int = 0
    of: int = 0
    number: int = 0

    @property
    def name(self) -> str:
        return self.gateway.name if self.gateway else self.gateway_id

    @property
    def share(self) -> float | None:
        """Share of the hours in per cent; None when it was never heard in these days."""
        return 100 * self.hours / self.of if self.of else None


def gateways_heard(*, words: str = "", now: datetime | None = None) -> list[HeardGateway]:
    """All gateways, those that somebody has to look after first, then by name; numbered in this order.
    Those that are not entered have their place among them. Three queries, however many."""
    now = now or clock.now()
    rows = Gateway.objects.order_by("name", "gateway_id")
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(place_name__icontains=words) | Q(gateway_id__icontains=words)
        )
    entered = list(rows)
    days = _days(clock.local_date(now) - timedelta(days=HEARD_DAYS))
    found = [_heard(gateway, days.get(gateway.gateway_id, []), now) for gateway in entered]
    strays = [] if words else list(_strays(days, now))
    ordered = sorted([*found, *strays], key=lambda one: ORDER.index(one.state))
    return [_numbered(one, number) for number, one in enumerate(ordered, start=1)]


def _numbered(one: HeardGateway, number: int) -> HeardGateway:
    return HeardGateway(**{**vars(one), "number": number})


def _days(since: date) -> dict[str, list[GatewayDay]]:
    found: dict[str, list[GatewayDay]] = defaultdict(list)
    for day in GatewayDay.objects.filter(day__gte=since).order_by("day"):
        found[day.gateway_id].append(day)
    return found


def _heard(gateway: Gateway, days: Collection[GatewayDay], now: datetime) -> HeardGateway:
    hours, whole = hours_heard(((day.day, day.hours) for day in days), now=now)
    removed = gateway.state == GatewayState.REMOVED
    return HeardGateway(
        gateway_id=gateway.gateway_id,
        gateway=gateway,
        state=hearing_of(last_seen_at=gateway.last_seen_at, removed=removed, now=now),
        last_at=gateway.last_seen_at,
        uplinks=sum(day.uplinks for day in days),
        hours=hours,
        of=whole,
    )


def _strays(days: dict[str, list[GatewayDay]], now: datetime) -> Iterable[HeardGateway]:
    """Gateways that carried uplinks and that nobody entered."""
    known = Gateway.objects.values("gateway_id")
    rows = GatewayDay.objects.filter(
        day__gte=clock.local_date(now) - timedelta(days=STRAY_DAYS), uplinks__gt=0
    )
    for row in (
        rows.exclude(gateway_id__in=known)
        .order_by("gateway_id")
        .values("gateway_id")
        .annotate(last=Max("last_at"), total=Sum("uplinks"))
    ):
        week = days.get(row["gateway_id"], [])
        hours, whole = hours_heard(((day.day, day.hours) for day in week), now=now)
        yield HeardGateway(
            row["gateway_id"], None, "stray", row["last"], sum(day.uplinks for day in week), hours, whole
        )


def squares_number() -> int:
    """How many squares there are, whatever may be shown of them; one query."""
    return CoverageCell.objects.order_by().values("mesh").distinct().count()


def all_squares() -> list[Square]:
    """The newest ``MOST_SQUARES`` squares of 250 m whatever may be shown of them, for staff; one query."""
    rows: Any = (
        CoverageCell.objects.order_by()
        .values("mesh")
        .annotate(
            number=Sum("observations"), rssi=Max("best_rssi"), most=Max("gateways"), last=Max("last_at")
        )
        .order_by("-last")
    )
    return [
        Square(
            mesh=row["mesh"],
            observations=row["number"],
            best_rssi=row["rssi"],
            gateways=row["most"],
            last_on=clock.local_date(row["last"]),
        )
        for row in rows[:MOST_SQUARES]
    ]
