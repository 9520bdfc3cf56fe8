"""Giving stored uplinks other values: the rows, the latest state and the hours they fall into, together."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from apps.telemetry.domain.batch import as_json
from apps.telemetry.domain.hours import Heard, Hour, HourKey, hour_add, hour_key, hours_write
from apps.telemetry.domain.news import Fact, news_add
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.enums import LATER, DecodeState


@dataclass(frozen=True)
class Stored:
    """What of a stored uplink matters for decoding it again."""

    organization_id: uuid.UUID
    deduplication_id: uuid.UUID
    time: datetime
    device_id: uuid.UUID
    trial_id: uuid.UUID
    f_port: int
    data: bytes
    decode_state: str
    codec_id: uuid.UUID | None
    values: dict[str, Any] | None


@dataclass(frozen=True)
class Rewrite:
    """New values for ``stored``. ``data`` None: the payload stays."""

    stored: Stored
    state: DecodeState
    codec_id: uuid.UUID | None
    values: dict[str, Any] | None
    warnings: list[str] | None
    data: bytes | None = None


def uplinks_rewrite(*, cursor: Any, rewrites: Sequence[Rewrite]) -> int:
    """Write ``rewrites``; returns how many. One that changed since it was read is left as it is now."""
    if not rewrites:
        return 0
    devices_lock(cursor=cursor, devices={one.stored.device_id for one in rewrites})
    cursor.execute(_TABLE)
    with connection.wrap_database_errors, cursor.copy(f"COPY rewritten ({_COLUMNS}) FROM STDIN") as copy:
        for one in rewrites:
            copy.write_row(_row(one))
    times = [one.stored.time for one in rewrites]
    cursor.execute(_UPDATE, {"first": min(times), "last": max(times)})
    written = cursor.fetchall()
    keys = {hour_key(*row) for row in written}
    count = cursor.rowcount
    cursor.execute("DROP TABLE rewritten")
    hours_rebuild(cursor=cursor, keys=keys)
    _tell(cursor, rewrites, {(device, time) for _organization, device, time in written})
    return int(count)


def _tell(cursor: Any, rewrites: Sequence[Rewrite], written: Collection[tuple[uuid.UUID, datetime]]) -> None:
    """Readings that nobody was told of, because they waited to be decoded, are news now."""
    facts = [
        Fact(one.stored.organization_id, one.stored.deduplication_id, one.stored.time)
        for one in rewrites
        if one.stored.decode_state in LATER
        and one.state not in LATER
        and (one.stored.device_id, one.stored.time) in written
    ]
    news_add(cursor=cursor, uplinks=facts, events=())


def _row(one: Rewrite) -> tuple[Any, ...]:
    stored = one.stored
    return (
        stored.organization_id, stored.deduplication_id, stored.time, stored.decode_state, stored.codec_id,
        one.state.value, as_json(one.values), as_json(one.warnings), one.codec_id, one.data,
    )  # fmt: skip


def hours_rebuild(*, cursor: Any, keys: Collection[HourKey]) -> None:
    """Count the hours ``keys`` anew from their uplinks. The devices must be locked."""
    if not keys:
        return
    organizations, devices, hours = zip(*sorted(keys), strict=True)
    cursor.execute(
        _HEARD,
        {
            "organizations": list(organizations),
            "devices": list(devices),
            "hours": list(hours),
            "first": min(hours),
            "last": max(hours),
        },
    )
    found: dict[HourKey, Hour] = {}
    for row in cursor.fetchall():
        values = orjson.loads(row[-1] or "null")
        heard = Heard(*row[:-2], failed=row[-2] == DecodeState.FAILED, values=values)  # type: ignore[misc]
        hour_add(found.setdefault(heard.key, Hour(trial_id=heard.trial_id)), heard)
    hours_write(cursor=cursor, hours=found.items())


_COLUMNS = (
    "organization_id, deduplication_id, time, was_state, was_codec, decode_state, values, warnings, "
    "codec_id, data"
)
_TABLE = """
CREATE TEMP TABLE rewritten (
    organization_id uuid, deduplication_id uuid, time timestamptz, was_state text, was_codec uuid,
    decode_state text, values jsonb, warnings jsonb, codec_id uuid, data bytea
) ON COMMIT DROP
"""
_UPDATE = """
WITH told AS (
    UPDATE telemetry_uplink u
    SET decode_state = r.decode_state, values = r.values, warnings = r.warnings, codec_id = r.codec_id,
        data = coalesce(r.data, u.data)
    FROM rewritten r
    WHERE u.organization_id = r.organization_id AND u.deduplication_id = r.deduplication_id
        AND u.time = r.time AND u.time BETWEEN %(first)s AND %(last)s
        AND u.decode_state = r.was_state AND u.codec_id IS NOT DISTINCT FROM r.was_codec
    RETURNING u.organization_id, u.device_id, u.time, u.deduplication_id, u.decode_state, u.values
), latest AS (
    UPDATE telemetry_devicelatest l SET decode_state = told.decode_state, values = told.values
    FROM told WHERE l.device_id = told.device_id AND l.deduplication_id = told.deduplication_id
)
SELECT organization_id, device_id, time FROM told
"""
#: In the order of ``Heard``.
_HEARD = """
SELECT u.organization_id, u.device_id, u.trial_id, u.time, u.dev_addr, u.f_cnt, u.rssi, u.snr,
    u.gateway_count, u.decode_state, u.values::text
FROM unnest(%(organizations)s::uuid[], %(devices)s::uuid[], %(hours)s::timestamptz[])
    AS k(organization_id, device_id, hour)
JOIN telemetry_uplink u ON u.device_id = k.device_id AND u.organization_id = k.organization_id
    AND u.time >= k.hour AND u.time < k.hour + interval '1 hour'
WHERE u.time >= %(first)s AND u.time < %(last)s::timestamptz + interval '1 hour'
ORDER BY u.device_id, u.time
"""
