"""Hourly rollups: merged from exactly the uplinks that were stored, under their devices' locks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from apps.core.json_text import json_bytes
from apps.telemetry.rules import is_number

#: At most so many numeric values of one uplink are rolled up; the rest stay in the uplink.
FIELDS_MOST = 40
HourKey = tuple[uuid.UUID, uuid.UUID, datetime]


@dataclass(slots=True)
class Hour:
    """An hour of a device while it is merged; see ``DeviceHour`` for its fields, ``_COLUMNS`` their order."""

    trial_id: uuid.UUID
    uplinks: int = 0
    failed: int = 0
    dev_addr: str = ""
    f_cnt_low: int | None = None
    f_cnt_high: int | None = None
    session_uplinks: int = 0
    rssi_best: int | None = None
    snr_best: float | None = None
    gateways: int = 0
    fields: dict[str, list[float]] = field(default_factory=dict)


def hour_key(organization_id: uuid.UUID, device_id: uuid.UUID, time: datetime) -> HourKey:
    return organization_id, device_id, time.replace(minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class Heard:
    """What of one stored uplink counts into its hour."""

    organization_id: uuid.UUID
    device_id: uuid.UUID
    trial_id: uuid.UUID
    time: datetime
    dev_addr: str
    f_cnt: int
    rssi: int | None
    snr: float | None
    gateways: int
    failed: bool
    values: Mapping[str, Any] | None

    @property
    def key(self) -> HourKey:
        return hour_key(self.organization_id, self.device_id, self.time)


def hour_add(hour: Hour, heard: Heard) -> None:
    """Count ``heard`` into ``hour``. A new session (DevAddr) begins its own count of frames."""
    hour.uplinks += 1
    hour.failed += heard.failed
    hour.rssi_best = _best(hour.rssi_best, heard.rssi)
    hour.snr_best = _best(hour.snr_best, heard.snr)
    hour.gateways = max(hour.gateways, heard.gateways)
    if hour.f_cnt_low is None or hour.f_cnt_high is None or hour.dev_addr != heard.dev_addr:
        hour.dev_addr, hour.session_uplinks = heard.dev_addr, 1
        hour.f_cnt_low = hour.f_cnt_high = heard.f_cnt
    else:
        hour.session_uplinks += 1
        hour.f_cnt_low = min(hour.f_cnt_low, heard.f_cnt)
        hour.f_cnt_high = max(hour.f_cnt_high, heard.f_cnt)
    for name, value in _numbers(heard.values):
        field_add(hour.fields, name, value)


def field_add(fields: dict[str, list[float]], name: str, value: float) -> None:
    """Count ``value`` into ``[n, min, max, sum, last]`` of ``name``."""
    known = fields.get(name)
    if known is None:
        if len(fields) < FIELDS_MOST:
            fields[name] = [1, value, value, value, value]
        return
    fields[name] = [known[0] + 1, min(known[1], value), max(known[2], value), known[3] + value, value]


def _numbers(values: Mapping[str, Any] | None) -> Iterable[tuple[str, float]]:
    """Numeric values by names that PostgreSQL can keep."""
    for name, value in (values or {}).items():
        if is_number(value) and abs(value) < 1e300:
            yield name.replace("\u0000", "")[:60], value


def _best(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)


def hours_add(*, cursor: Any, heard: Iterable[Heard], at: Callable[[int], HourKey]) -> None:
    """Merge ``heard``, uplinks of ``incoming``, into the stored hours; ``at`` gives the hour of row ``n``.

    The devices must be locked: rows are read, then written.
    """
    groups: dict[HourKey, list[Heard]] = {}
    for row in heard:
        groups.setdefault(row.key, []).append(row)
    if not groups:
        return
    hours = _stored(cursor, at)
    for key, rows in groups.items():
        hour = hours.setdefault(key, Hour(trial_id=rows[0].trial_id))
        for row in sorted(rows, key=lambda one: one.time):
            hour_add(hour, row)
    hours_write(cursor=cursor, hours=[(key, hours[key]) for key in groups])


def _stored(cursor: Any, at: Callable[[int], HourKey]) -> dict[HourKey, Hour]:
    """The hours that the uplinks of ``incoming`` fall into, as they stand."""
    cursor.execute(_READ)
    return {at(row[0]): Hour(*(*row[1:-1], orjson.loads(row[-1]))) for row in cursor.fetchall()}


def hours_write(*, cursor: Any, hours: Iterable[tuple[HourKey, Hour]]) -> None:
    """Put ``hours`` in the place of what is stored for them. The devices must be locked."""
    cursor.execute("CREATE TEMP TABLE merged (LIKE telemetry_devicehour) ON COMMIT DROP")
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY merged ({', '.join(_NAMES)}) FROM STDIN") as copy,
    ):
        for key, hour in hours:
            counts = [getattr(hour, name) for name in _COLUMNS]
            copy.write_row((*key, *counts, False, json_bytes(hour.fields).decode()))
    cursor.execute(_UPSERT)
    cursor.execute("DROP TABLE merged")


_COLUMNS = (
    "trial_id", "uplinks", "failed", "dev_addr", "f_cnt_low", "f_cnt_high", "session_uplinks",
    "rssi_best", "snr_best", "gateways",
)  # fmt: skip
_NAMES = ("organization_id", "device_id", "hour", *_COLUMNS, "folded", "fields")
_READ = f"""
SELECT i.n, {", ".join(f"h.{name}" for name in _COLUMNS)}, h.fields::text
FROM telemetry_devicehour h
JOIN (
    SELECT min(n) AS n, organization_id, device_id, date_trunc('hour', time, 'UTC') AS hour
    FROM incoming GROUP BY 2, 3, 4
) i ON (h.organization_id, h.device_id, h.hour) = (i.organization_id, i.device_id, i.hour)
"""  # noqa: S608 -- only our own column names are put in
_UPSERT = f"""
INSERT INTO telemetry_devicehour ({", ".join(_NAMES)})
SELECT {", ".join(_NAMES)} FROM merged ORDER BY device_id, hour
ON CONFLICT (organization_id, device_id, hour) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _NAMES[3:])}
"""  # noqa: S608 -- only our own column names are put in
