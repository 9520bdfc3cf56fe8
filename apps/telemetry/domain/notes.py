"""Storing what is no uplink: device events, and the condition of a device that follows from them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from apps.telemetry.enums import EventKind
from apps.telemetry.rules import is_number
from apps.telemetry.rules.trouble import Trouble, trouble_of


@dataclass(frozen=True)
class StoredNote:
    """A device event as it is kept; see ``DeviceEvent``."""

    organization_id: uuid.UUID
    event_id: uuid.UUID
    time: datetime
    received_at: datetime
    trial_id: uuid.UUID
    device_id: uuid.UUID
    kind: str
    level: str
    code: str
    data: dict[str, Any]


_COLUMNS = (
    "organization_id", "event_id", "time", "received_at", "trial_id", "device_id", "kind", "level", "code",
)  # fmt: skip
_TYPES = ("uuid", "uuid", "timestamptz", "timestamptz", "uuid", "uuid", "text", "text", "text", "text")
_INSERT = f"""
INSERT INTO telemetry_deviceevent ({", ".join(_COLUMNS)}, data)
SELECT {", ".join(_COLUMNS)}, data::jsonb
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)}) AS t({", ".join(_COLUMNS)}, data)
ORDER BY device_id, time
ON CONFLICT DO NOTHING
RETURNING event_id, time
"""  # noqa: S608 -- only our own column names are put in


def notes_add(*, cursor: Any, notes: Iterable[StoredNote]) -> list[StoredNote]:
    """Store ``notes``; returns those that were new. The devices must be locked."""
    rows = sorted(notes, key=lambda note: (note.device_id, note.time))
    if not rows:
        return []
    columns: list[list[Any]] = [[clean_json(getattr(row, name)) for row in rows] for name in _COLUMNS]
    columns.append([orjson.dumps(clean_json(row.data)).decode() for row in rows])
    cursor.execute(_INSERT, columns)
    fresh = set(cursor.fetchall())
    new: dict[tuple[uuid.UUID, datetime], StoredNote] = {}
    for row in rows:
        if (row.event_id, row.time) in fresh:
            new.setdefault((row.event_id, row.time), row)
    for row in sorted(new.values(), key=lambda note: note.time):
        _follow(cursor, row)
    return list(new.values())


def clean_json(value: Any) -> Any:
    """``value`` without U+0000, which PostgreSQL refuses in texts and in jsonb."""
    if isinstance(value, str):
        return value.replace("\u0000", "")
    if isinstance(value, list):
        return [clean_json(part) for part in value]
    if isinstance(value, dict):
        return {clean_json(name): clean_json(part) for name, part in value.items()}
    return value


def _follow(cursor: Any, note: StoredNote) -> None:
    """The condition of the device after ``note``; an older event changes nothing that is newer."""
    found = _CONDITIONS.get(note.kind)
    if found is None:
        return
    sql, make = found
    values = make(clean_json(note.data))
    if values is not None:
        given = {"device": note.device_id, "at": note.time, **values}
        cursor.execute(sql, given)
        if (trouble := values.get("trouble")) is not None:
            cursor.execute(_TROUBLES[trouble], given)


def _upsert(names: tuple[str, ...], given: tuple[str, ...]) -> str:
    """SQL that sets ``names`` of a device's condition; the first of them is the moment."""
    texts = [name for name in ("log_level", "log_code", "log_text") if name not in names]
    flags = [name for name in ("external_power",) if name not in names]
    empty = ["''" for _name in texts] + ["false" for _name in flags]
    return f"""
    INSERT INTO telemetry_devicecondition AS c ({", ".join(["device_id", *names, *texts, *flags])})
    VALUES ({", ".join(["%(device)s", *given, *empty])})
    ON CONFLICT (device_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in names)}
    WHERE c.{names[0]} IS NULL OR c.{names[0]} <= excluded.{names[0]}
    """  # noqa: S608 -- only our own column names are put in


def _joined(data: dict[str, Any]) -> dict[str, Any]:
    return {}


def _logged(data: dict[str, Any]) -> dict[str, Any]:
    level, code = str(data.get("level") or "")[:8], str(data.get("code") or "")[:40]
    text = str(data.get("description") or "")[:300]
    return {"level": level, "code": code, "text": text, "trouble": trouble_of(code, text)}


def _status(data: dict[str, Any]) -> dict[str, Any]:
    """Battery in percent; unknown where the device says so, or has a mains connection."""
    external = data.get("externalPowerSource") is True
    level, margin = data.get("batteryLevel", 0), data.get("margin", 0)
    known = not external and data.get("batteryLevelUnavailable") is not True and is_number(level)
    return {
        "battery": float(level) if known else None,
        "external": external,
        "margin": max(-32, min(31, int(margin))) if is_number(margin) else None,
    }


def _located(data: dict[str, Any]) -> dict[str, Any] | None:
    place = data.get("location")
    if not isinstance(place, dict):
        return None
    latitude, longitude = place.get("latitude", 0), place.get("longitude", 0)
    if not (is_number(latitude) and is_number(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return {"point": f"SRID=4326;POINT({float(longitude)!r} {float(latitude)!r})"}


_CONDITIONS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any] | None]]] = {
    EventKind.JOIN: (_upsert(("joined_at",), ("%(at)s",)), _joined),
    EventKind.LOG: (
        _upsert(
            ("log_at", "log_level", "log_code", "log_text"), ("%(at)s", "%(level)s", "%(code)s", "%(text)s")
        ),
        _logged,
    ),
    EventKind.STATUS: (
        _upsert(
            ("status_at", "battery", "external_power", "margin"),
            ("%(at)s", "%(battery)s", "%(external)s", "%(margin)s"),
        ),
        _status,
    ),
    EventKind.LOCATION: (_upsert(("located_at", "location"), ("%(at)s", "%(point)s::geography")), _located),
}
#: The newest note of each trouble: a later note of another kind does not make it forgotten.
_TROUBLES = {trouble: _upsert((f"{trouble}_at",), ("%(at)s",)) for trouble in Trouble}
