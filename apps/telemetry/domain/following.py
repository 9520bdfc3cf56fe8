"""From what a batch stored to what each outlet has to say: the courier's first half.

The ingest keeps a ``News`` row for an organization that listens; here it becomes messages and alerts, and the
row goes away in the same transaction: nothing is told twice or forgotten, wherever a process dies.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils.dateparse import parse_datetime

from apps.core import clock
from apps.telemetry.domain.alerts_live import alerts_follow
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.domain.telling import webhooks_follow
from apps.telemetry.domain.topics import topics_follow
from apps.telemetry.models import DeviceEvent, Listener, News, Uplink

logger = structlog.get_logger(__name__)
__all__ = ["FOLLOWERS", "Fresh", "news_follow"]
#: Readings and events of one turn, at most (but always one row), so that memory stays small.
MOST: Final = 2_000
#: An organization whose news could not be followed is left alone for so long.
REST: Final = timedelta(seconds=30)


#: By what the listener wants; one after the other, after the webhooks, in the transaction of the news.
FOLLOWERS: Final = {"alerts": alerts_follow, "topics": topics_follow}
#: Organizations left alone, until when; of this process.
_resting: dict[uuid.UUID, datetime] = {}


@transaction.atomic
def news_follow(*, limit: int = 200, now: datetime | None = None) -> int:
    """Follow up to ``limit`` rows of news; returns how many are done. Several couriers share the rows."""
    now = now or clock.now()
    for organization in [one for one, until in _resting.items() if until <= now]:
        del _resting[organization]
    rows = _taken(limit)
    if not rows:
        return 0
    freshes = freshes_of(rows)
    done = {fresh.organization_id for fresh in freshes}
    if not _followed(freshes, now):
        # One organization's odd news must not stop the others'.
        done = {fresh.organization_id for fresh in freshes if _followed([fresh], now)}
        _resting.update(
            {one.organization_id: now + REST for one in freshes if one.organization_id not in done}
        )
    finished = [row.pk for row in rows if row.organization_id in done]
    News.objects.filter(pk__in=finished).delete()
    return len(finished)


def _taken(limit: int) -> list[News]:
    rows = News.objects.exclude(organization_id__in=list(_resting)).order_by("pk")
    chosen: list[News] = []
    count = 0
    for row in rows.select_for_update(skip_locked=True, of=("self",))[:limit]:
        count += len(row.uplinks) + len(row.events)
        if chosen and count > MOST:
            break
        chosen.append(row)
    return chosen


def _followed(freshes: Sequence[Fresh], now: datetime) -> bool:
    """False when a follower failed: what it wrote is undone, the rows stay for later."""
    try:
        with transaction.atomic():
            wanted = Listener.objects.in_bulk([fresh.organization_id for fresh in freshes])
            webhooks_follow(freshes=freshes, now=now)
            for fresh in freshes:
                for name, follower in FOLLOWERS.items():
                    if getattr(wanted.get(fresh.organization_id), name, False):
                        follower(fresh=fresh, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001, RUF100 -- whatever it is, the next organization is followed
        names = [str(fresh.organization_id) for fresh in freshes]
        logger.exception("news_not_followed", organizations=names[:5])
        return False
    return True


def freshes_of(rows: Sequence[News]) -> list[Fresh]:
    """The readings and events that ``rows`` name, by organization in one order; what is gone is left out.

    Two queries at most.
    """
    freshes = {row.organization_id: Fresh(row.organization_id) for row in rows}
    uplinks, events = _keys(row.uplinks for row in rows), _keys(row.events for row in rows)
    for uplink in _loaded(Uplink.objects.all(), "deduplication_id", set(freshes), uplinks):
        freshes[uplink.organization_id].uplinks.append(uplink)
    for event in _loaded(DeviceEvent.objects.all(), "event_id", set(freshes), events):
        freshes[event.organization_id].events.append(event)
    return [fresh for _organization, fresh in sorted(freshes.items())]


def _keys(lists: Iterable[Any]) -> set[tuple[uuid.UUID, datetime]]:
    pairs = [pair for pairs in lists for pair in pairs]
    return {(uuid.UUID(one), moment) for one, time in pairs if (moment := parse_datetime(time))}


def _loaded(
    objects: Any, name: str, organizations: set[uuid.UUID], keys: set[tuple[uuid.UUID, datetime]]
) -> list[Any]:
    if not keys:
        return []
    times = [time for _one, time in keys]
    found = objects.filter(
        organization_id__in=organizations,
        time__range=(min(times), max(times)),  # reads only the months that matter
        **{f"{name}__in": [one for one, _time in keys]},
    )
    return [row for row in found.order_by("time", name) if (getattr(row, name), row.time) in keys]
