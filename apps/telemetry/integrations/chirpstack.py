"""ChirpStack v4 events as JSON (topic ``application/<id>/device/<devEui>/event/<kind>``).

Tolerant, as proto3 JSON asks: unknown fields are ignored, an absent number is zero, ``object`` may be
null, ``rxInfo`` entries may be nearly empty. Source: ChirpStack's protobuf and its JSON build flags.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from apps.core.json_text import is_deep

KINDS = ("up", "join", "ack", "txack", "log", "status", "location")
_TOPIC = re.compile(r"^application/[^/]+/device/([0-9A-Fa-f]{16})/event/([a-z]+)$")
_EUI = re.compile(r"[0-9a-f]{16}")
MAX_PAYLOAD = 256 * 1024
#: Bytes of an event that is no uplink.
NOTE_LIMIT = 16 * 1024
#: Levels of objects and lists in an event; servers' own have five. Deeper than some 250 no answer of ours
#: could be written again.
DEPTH_LIMIT = 64
#: What tells the device or its session's secrets; the rest of an event is kept.
_DEVICE_PARTS = frozenset(("deviceInfo", "time", "joinServerContext"))
_NAMES = uuid.UUID("6b0c9a3e-4f0e-5d8e-9f55-2f3ac0f4d1c7")


class MalformedEvent(ValueError):
    """The message is not an event; the text says why, for the dead letter."""


@dataclass(frozen=True)
class Uplink:
    """What an ``up`` event says. ``time`` is aware (UTC); ``rssi``/``snr`` are the best gateway's."""

    dev_eui: str
    deduplication_id: uuid.UUID
    time: datetime
    dev_addr: str
    f_cnt: int
    f_port: int
    dr: int
    data: bytes
    frequency: int | None
    rssi: int | None
    snr: float | None
    gateway_count: int
    rx: list[dict[str, Any]]


@dataclass(frozen=True)
class Note:
    """What any other event says. ``data`` is the event without what tells the device, pruned."""

    dev_eui: str
    event_id: uuid.UUID
    time: datetime
    kind: str
    level: str
    code: str
    data: dict[str, Any]


def kind_of(topic: str) -> tuple[str, str]:
    """(DevEUI in lower case, event kind) of a topic; raises ``MalformedEvent``."""
    found = _TOPIC.match(topic)
    if not found:
        raise MalformedEvent("unknown topic")
    return found.group(1).lower(), found.group(2)


def load(payload: bytes) -> dict[str, Any]:
    """The event as a dict; raises ``MalformedEvent``."""
    if len(payload) > MAX_PAYLOAD:
        raise MalformedEvent("larger than 256 KiB")
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise MalformedEvent(f"not JSON: {error}"[:200]) from None
    if not isinstance(event, dict):
        raise MalformedEvent("not an object")
    if payload.count(b"{") + payload.count(b"[") > DEPTH_LIMIT and is_deep(event, DEPTH_LIMIT):
        raise MalformedEvent(f"nested deeper than {DEPTH_LIMIT} levels")
    return event


def _dev_eui(topic: str, event: dict[str, Any]) -> str:
    info = event.get("deviceInfo")
    dev_eui = str(info.get("devEui", "")).lower() if isinstance(info, dict) else ""
    if not _EUI.fullmatch(dev_eui):
        raise MalformedEvent("no DevEUI")
    if dev_eui != kind_of(topic)[0]:
        raise MalformedEvent("DevEUI differs from the topic")
    return dev_eui


def note_of(topic: str, kind: str, event: dict[str, Any], payload: bytes) -> Note:
    """Another event, checked; raises ``MalformedEvent``.

    ``join``, ``ack``, ``status`` and ``location`` carry the id of the frame that brought them, and its time:
    several may have the same, so theirs is made from it and their kind. ``txack`` and ``log`` carry none:
    theirs is made from their bytes. A message delivered twice is the same event either way.
    """
    try:
        event_id = uuid.uuid5(_NAMES, f"{kind}/{_uuid(event)}")
    except MalformedEvent:
        event_id = uuid.uuid5(_NAMES, hashlib.sha256(topic.encode() + b"\n" + payload).hexdigest())
    data = {name: value for name, value in event.items() if name not in _DEVICE_PARTS}
    if len(orjson.dumps(data)) > NOTE_LIMIT:
        raise MalformedEvent(f"larger than {NOTE_LIMIT // 1024} KiB without its device")
    return Note(
        dev_eui=_dev_eui(topic, event),
        event_id=event_id,
        time=_time(event),
        kind=kind,
        level=str(event.get("level") or "")[:8],
        code=str(event.get("code") or "")[:40],
        data=data,
    )


def uplink_of(topic: str, event: dict[str, Any]) -> Uplink:
    """An ``up`` event, checked; raises ``MalformedEvent``."""
    dev_eui = _dev_eui(topic, event)
    gateways = (
        [row for row in event.get("rxInfo") or [] if isinstance(row, dict)]
        if _is_list(event, "rxInfo")
        else []
    )
    best = max(gateways, key=lambda row: _number(row, "rssi", -999), default=None)
    tx = event.get("txInfo")
    return Uplink(
        dev_eui=dev_eui,
        deduplication_id=_uuid(event),
        time=_time(event),
        dev_addr=str(event.get("devAddr") or "").replace("\u0000", "")[:8],
        f_cnt=_integer(event, "fCnt", 0, 2**32 - 1),
        f_port=_integer(event, "fPort", 0, 255),
        dr=_integer(event, "dr", 0, 15),
        data=_data(event),
        frequency=_integer(tx, "frequency", 0, 2**32) or None if isinstance(tx, dict) else None,
        rssi=_short(best, "rssi") if best is not None else None,
        snr=float(_number(best, "snr", 0)) if best is not None else None,
        gateway_count=min(len(gateways), 32767),
        rx=gateways[:64],
    )


def _is_list(event: dict[str, Any], name: str) -> bool:
    return isinstance(event.get(name), list)


def _uuid(event: dict[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(event["deduplicationId"]))
    except (KeyError, ValueError):
        raise MalformedEvent("no valid deduplicationId") from None


def _time(event: dict[str, Any]) -> datetime:
    text = event.get("time")
    if not isinstance(text, str):
        raise MalformedEvent("no time")
    try:
        # More than six digits of a fraction are cut off.
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise MalformedEvent("time is not RFC 3339") from None


def _data(event: dict[str, Any]) -> bytes:
    text = event.get("data") or ""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise MalformedEvent("data is not base64") from None


def _number(row: dict[str, Any], name: str, default: float) -> float:
    value = row.get(name, default)
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if good else default


def _integer(row: dict[str, Any], name: str, low: int, high: int) -> int:
    value = row.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MalformedEvent(f"{name} is not a whole number from {low} to {high}")
    return value


def _short(row: dict[str, Any], name: str) -> int:
    return int(max(-32768, min(32767, _number(row, name, 0))))
