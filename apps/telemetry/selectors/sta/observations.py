"""Observations: each decoded value of each uplink, asked for along the index (device, time).

A *stream* is a device and the name of a value. Streams come in groups (the datastreams of an answer, the
values of a feature); one query reads the page of every group.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.site import site_settings
from apps.devices.rules.sight import Sight
from apps.telemetry.errors import BadOption
from apps.telemetry.selectors.sta.asking import patience
from apps.telemetry.selectors.sta.conditions import Condition, observation_id
from apps.telemetry.selectors.sta.entity import Entity, entity

Stream = tuple[uuid.UUID, str]
Sights = Mapping[uuid.UUID, Sight]
#: After which observation a page begins: its time, its uplink, its name.
After = tuple[datetime, uuid.UUID, str]
#: What one answer may read.
_MOST_READ: Final = 1_000_000


@dataclass(frozen=True)
class Page:
    """``top`` observations of each group after ``skip`` of them, the newest first unless ``oldest_first``."""

    top: int
    skip: int = 0
    oldest_first: bool = False
    after: After | None = None


def _groups(groups: Sequence[Sequence[Stream]], sights: Sights) -> str:
    """Group, device, names and what is seen of it, as JSON for ``jsonb_to_recordset``: each device is read
    once for all names."""
    rows: dict[tuple[int, uuid.UUID], list[str]] = {}
    for place, group in enumerate(groups):
        for device, name in group:
            rows.setdefault((place, device), []).append(name)
    return orjson.dumps(
        [
            {"place": place, "device": device, "names": names, **_seen(sights.get(device))}
            for (place, device), names in rows.items()
        ]
    ).decode()


def _seen(sight: Sight | None) -> dict[str, Any]:
    return {"trial": sight.trial, "since": sight.since} if sight else {}


_FROM: Final = """
FROM jsonb_to_recordset(%s::jsonb) AS p(place int, device uuid, names text[], trial uuid, since timestamptz)
CROSS JOIN LATERAL (
    SELECT u.time, u.deduplication_id, u.received_at, u.f_cnt, u.f_port, u.dr, u.rssi, u.snr,
        u.gateway_count, e.key AS field, e.value AS result
    FROM telemetry_uplink u
    CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(u.values) = 'object' THEN u.values END) e
    WHERE u.device_id = p.device AND u.values ?| p.names
        AND (p.trial IS NULL OR u.trial_id = p.trial AND u.time >= coalesce(p.since, '-infinity'))
        AND e.key = ANY(p.names) AND e.value <> 'null'::jsonb AND {condition}
"""
_AFTER: Final = (
    'u.time {sign}= %s AND (u.time, u.deduplication_id, e.key COLLATE "C") {sign} (%s, %s::uuid, %s)'
)
_PAGE: Final = """
SELECT * FROM (
    SELECT p.place, p.device, o.*, row_number() OVER (
        PARTITION BY p.place ORDER BY o.time {order}, o.deduplication_id {order}, o.field COLLATE "C" {order}
    ) AS row
    {read}
        ORDER BY u.time {order}, u.deduplication_id {order}, e.key COLLATE "C" {order} LIMIT %s
    ) o
) ranked WHERE row > %s AND row <= %s ORDER BY place, row
"""


def observations_of(
    groups: Sequence[Sequence[Stream]], page: Page, condition: Condition, sights: Sights
) -> list[list[Entity]]:
    """Of each group ``page.top`` observations and, if there are more, one more. One query.

    ``sights``: what is seen of devices of which only a part is seen.
    """
    streams = sum(len(group) for group in groups)
    if not streams:
        return [[] for _group in groups]
    last = page.skip + page.top + 1
    if streams * page.skip > _MOST_READ:
        raise BadOption("$skip", _("This reads too much. Follow @iot.nextLink instead."), code="too_much")
    order, sign = ("ASC", ">") if page.oldest_first else ("DESC", "<")
    sql, parameters = condition.sql, [*condition.parameters]
    if page.after is not None:
        sql = f"({sql}) AND {_AFTER.format(sign=sign)}"
        parameters += [page.after[0], *page.after]
    read = _FROM.format(condition=sql)
    found: list[list[Entity]] = [[] for _group in groups]
    with patience() as cursor:
        cursor.execute(
            _PAGE.format(order=order, read=read),
            [_groups(groups, sights), *parameters, last, page.skip, last],
        )
        for row in cursor.fetchall():
            found[row[0]].append(_observation(row[1], row[11], (*row[2:11], row[12])))
    return found


def observation_by_id(
    *, organization_id: uuid.UUID, deduplication_id: uuid.UUID, time: datetime, name: str
) -> Entity | None:
    """One observation along the primary key; None when there is none. Whose it is must be looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device_id, time, deduplication_id, received_at, f_cnt, f_port, dr, rssi, snr,"
            " gateway_count, values -> %s FROM telemetry_uplink"
            " WHERE organization_id = %s AND deduplication_id = %s AND time = %s"
            " AND values ? %s AND values -> %s <> 'null'::jsonb",
            [name, organization_id, deduplication_id, time, name, name],
        )
        row = cursor.fetchone()
    return _observation(row[0], name, row[1:]) if row else None


def _observation(device: uuid.UUID, name: str, row: Sequence[Any]) -> Entity:
    time, deduplication_id, received_at, f_cnt, f_port, dr, rssi, snr, gateways, result = row
    values = {
        "phenomenonTime": time.astimezone(UTC),
        "resultTime": time.astimezone(UTC),
        "result": orjson.loads(result),
        "parameters": {
            "receivedAt": received_at.astimezone(UTC),
            "fCnt": f_cnt,
            "fPort": f_port,
            "dataRate": dr,
            "rssi": rssi,
            "snr": snr,
            "gatewayCount": gateways,
        },
    }
    pk = observation_id(deduplication_id, time, name)
    return entity("Observation", pk, values, device=device, name=name)


def after_of(one: Entity) -> After:
    """The place of ``one`` in the order of observations."""
    identity, _colon, _rest = one.id.partition(":")
    return one.values["phenomenonTime"], uuid.UUID(identity), one.name


_HOURS: Final = """
SELECT p.place, p.device, e.key, sum((e.value ->> 0)::bigint)
FROM jsonb_to_recordset(%s::jsonb) AS p(place int, device uuid, names text[])
JOIN telemetry_devicehour h ON h.device_id = p.device AND h.hour >= %s
CROSS JOIN LATERAL jsonb_each(h.fields) e
WHERE e.key = ANY(p.names)
GROUP BY 1, 2, 3
"""
_COUNT: Final = "SELECT p.place, count(*) {read} ) o GROUP BY 1"


def observations_counted(
    groups: Sequence[Sequence[Stream]], condition: Condition, sights: Sights
) -> list[int]:
    """How many there are of each group: without a filter by the hourly rollups, which hold numbers; else,
    for texts and truths and for what is seen in part, by the uplinks themselves. Two queries."""
    counts, left = [0] * len(groups), groups
    with patience() as cursor:
        if condition == Condition():
            whole = [[one for one in group if one[0] not in sights] for group in groups]
            cursor.execute(_HOURS, [_groups(whole, {}), _oldest()])
            rolled = cursor.fetchall()
            for row in rolled:
                counts[row[0]] += int(row[3])
            done = {(row[0], row[1], row[2]) for row in rolled}
            left = [[one for one in group if (n, *one) not in done] for n, group in enumerate(groups)]
        if any(left):
            read = _FROM.format(condition=condition.sql)
            cursor.execute(_COUNT.format(read=read), [_groups(left, sights), *condition.parameters])
            for place, count in cursor.fetchall():
                counts[place] += count
    return counts


def _oldest() -> datetime:
    """From when on single readings are kept: hours stay longer."""
    months = site_settings().keep_uplinks_months
    if not months:
        return datetime(1970, 1, 1, tzinfo=UTC)
    first = clock.now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    number = first.year * 12 + first.month - 1 - months
    return first.replace(year=number // 12, month=number % 12 + 1)
