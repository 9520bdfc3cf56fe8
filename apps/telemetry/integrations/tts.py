"""The Things Stack v3: ``ApplicationUp`` as its webhooks (and its MQTT server) write it in JSON.

Empty texts, zeros and false are left out by the server; DevEUIs are written in capitals. An event carries
no id of its own: an uplink is known by DevEUI, session key and frame counter. What belongs to gateways is
brought into ChirpStack's shape (``gatewayId``, ``rssi``, ``snr``, ``location``), so that whatever reads it
knows one. Keys of sessions and payloads of downlinks are not kept.
Source: The Things Stack's API reference (``ApplicationUp``, ``ApplicationUplink``, ``RxMetadata``).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from apps.telemetry.integrations.chirpstack import NOTE_LIMIT, MalformedEvent, Note, Uplink

#: What our downlinks put in front of their id among the ``correlation_ids``.
CORRELATION: Final = "machitry:"
_NAMES: Final = uuid.UUID("0f6d2b3c-54c1-5a7b-9a55-5d3f7f0c2a91")
_EUI: Final = re.compile(r"[0-9a-f]{16}")
_FRACTION: Final = re.compile(r"\.(\d{6})\d+")
#: (spreading factor, bandwidth) → data rate, the same in AS923, EU868 and IN865.
_RATES: Final = {
    (12, 125_000): 0, (11, 125_000): 1, (10, 125_000): 2, (9, 125_000): 3, (8, 125_000): 4,
    (7, 125_000): 5, (7, 250_000): 6,
}  # fmt: skip


def dev_eui_of(event: dict[str, Any]) -> str:
    """The DevEUI in lower case; "" if there is none."""
    dev_eui = str(_dict(event, "end_device_ids").get("dev_eui", "")).lower()
    return dev_eui if _EUI.fullmatch(dev_eui) else ""


def event_of(event: dict[str, Any]) -> Uplink | Note:
    """``event`` as an uplink or a note; raises ``MalformedEvent``."""
    dev_eui = dev_eui_of(event)
    if not dev_eui:
        raise MalformedEvent("no dev_eui in end_device_ids")
    if event.get("simulated") is True:
        raise MalformedEvent("a simulated message: the device sent nothing")
    if isinstance(event.get("uplink_message"), dict):
        return _uplink(dev_eui, event, event["uplink_message"])
    for name, make in _NOTES.items():
        part = event.get(name)
        if isinstance(part, dict):
            return _note(dev_eui, event, name, part, make)
    raise MalformedEvent("unknown kind of message")


def _uplink(dev_eui: str, event: dict[str, Any], up: dict[str, Any]) -> Uplink:
    gateways = [_gateway(row) for row in _list(up, "rx_metadata")]
    best = max(gateways, key=lambda row: row.get("rssi", -999), default=None)
    settings = _dict(up, "settings")
    f_cnt = _whole(up, "f_cnt", 2**32 - 1)
    session = _session(up, event)
    return Uplink(
        dev_eui=dev_eui,
        deduplication_id=uuid.uuid5(_NAMES, f"{dev_eui}/{session}/{f_cnt}"),
        time=_time(up.get("received_at") or event.get("received_at")),
        dev_addr=_address(event),
        f_cnt=f_cnt,
        f_port=_whole(up, "f_port", 255),
        dr=_rate(settings),
        data=_bytes(up.get("frm_payload")),
        frequency=_frequency(settings),
        rssi=best.get("rssi") if best else None,
        snr=best.get("snr") if best else None,
        gateway_count=min(len(gateways), 32767),
        rx=gateways[:64],
    )


def _address(event: dict[str, Any]) -> str:
    return str(_dict(event, "end_device_ids").get("dev_addr") or "").lower().replace("\u0000", "")[:8]


def _session(up: dict[str, Any], event: dict[str, Any]) -> str:
    """What tells one session from the next; devices without a join have only their address."""
    return str(up.get("session_key_id") or _dict(event, "end_device_ids").get("dev_addr") or "")


def _note(
    dev_eui: str,
    event: dict[str, Any],
    name: str,
    part: dict[str, Any],
    make: Callable[[dict[str, Any]], tuple[str, str, str, dict[str, Any]]],
) -> Note:
    kind, level, code, data = make(part)
    if len(orjson.dumps(data)) > NOTE_LIMIT:
        raise MalformedEvent(f"larger than {NOTE_LIMIT // 1024} KiB without its device")
    at = _time(part.get("received_at") or event.get("received_at"))
    # The same note delivered again has the same time and correlation ids.
    told = ",".join(sorted(str(one) for one in _all(event, "correlation_ids")))
    whose = f"{dev_eui}/{name}/{at.isoformat()}/{part.get('session_key_id', '')}/{told}"
    return Note(dev_eui, uuid.uuid5(_NAMES, whose), at, kind, level, code, data)


Shape = tuple[str, str, str, dict[str, Any]]


def _joined(part: dict[str, Any]) -> Shape:
    return "join", "", "", {"pendingSession": part.get("pending_session") is True}


def _down(part: dict[str, Any]) -> dict[str, Any]:
    found = [str(one) for one in _all(part, "correlation_ids") if str(one).startswith(CORRELATION)]
    data: dict[str, Any] = {"fCntDown": _whole(part, "f_cnt", 2**32 - 1)}
    if found:
        data["queueItemId"] = found[0].removeprefix(CORRELATION)[:64]
    return data


def _acknowledged(part: dict[str, Any]) -> Shape:
    return "ack", "", "", {**_down(part), "acknowledged": True}


def _refused(part: dict[str, Any]) -> Shape:
    return "ack", "", "", {**_down(part), "acknowledged": False}


def _sent(part: dict[str, Any]) -> Shape:
    return "txack", "", "", _down(part)


def _failed(part: dict[str, Any]) -> Shape:
    """As ChirpStack tells that no gateway could send it."""
    down, error = _down(_dict(part, "downlink")), _dict(part, "error")
    words = str(error.get("message_format") or error.get("name") or "downlink failed")[:300]
    data = {"level": "ERROR", "code": "DOWNLINK_GATEWAY", "description": words}
    item = down.get("queueItemId")
    return "log", "ERROR", "DOWNLINK_GATEWAY", data | ({"context": {"queue_item_id": item}} if item else {})


def _waiting(part: dict[str, Any]) -> Shape:
    return "other", "", "DOWNLINK_QUEUED", _down(part)


def _thrown_away(part: dict[str, Any]) -> Shape:
    items = [_down(row).get("queueItemId", "") for row in _list(part, "downlinks")]
    return "other", "", "QUEUE_INVALIDATED", {"queueItemIds": [item for item in items if item][:64]}


def _located(part: dict[str, Any]) -> Shape:
    place = {
        name: value for name, value in _dict(part, "location").items() if name in _PLACE and value is not None
    }
    return "location", "", "", {"location": place}


def _served(part: dict[str, Any]) -> Shape:
    return "other", "", "SERVICE", {"service": str(part.get("service") or "")[:80]}


def _normalized(part: dict[str, Any]) -> Shape:
    """The uplink itself comes as ``uplink_message`` too."""
    return "other", "", "NORMALIZED", {"fCnt": _whole(part, "f_cnt", 2**32 - 1)}


_NOTES: Final[dict[str, Callable[[dict[str, Any]], Shape]]] = {
    "join_accept": _joined,
    "downlink_ack": _acknowledged,
    "downlink_nack": _refused,
    "downlink_sent": _sent,
    "downlink_failed": _failed,
    "downlink_queued": _waiting,
    "downlink_queue_invalidated": _thrown_away,
    "location_solved": _located,
    "service_data": _served,
    "uplink_normalized": _normalized,
}
_PLACE: Final = ("latitude", "longitude", "altitude", "accuracy", "source")


def _gateway(row: dict[str, Any]) -> dict[str, Any]:
    """A reception as ChirpStack's ``rxInfo`` tells it."""
    ids = _dict(row, "gateway_ids")
    shown: dict[str, Any] = {
        "gatewayId": str(ids.get("eui") or ids.get("gateway_id") or "").lower()[:64],
        "rssi": int(max(-32768, min(32767, _number(row.get("rssi") or row.get("channel_rssi"))))),
        "snr": _number(row.get("snr")),
    }
    place = {name: value for name, value in _dict(row, "location").items() if name in _PLACE}
    if place:
        shown["location"] = place
    if isinstance(row.get("time"), str):
        shown["gwTime"] = row["time"][:40]
    return shown


def _rate(settings: dict[str, Any]) -> int:
    rate = _dict(settings, "data_rate")
    lora = _dict(rate, "lora")
    if lora:
        found = (int(_number(lora.get("spreading_factor"))), int(_number(lora.get("bandwidth"))))
        return _RATES.get(found, 0)
    return 7 if "fsk" in rate else 0


def _frequency(settings: dict[str, Any]) -> int | None:
    """64-bit numbers are texts in proto3 JSON."""
    text = str(settings.get("frequency") or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _time(text: Any) -> datetime:
    if not isinstance(text, str):
        raise MalformedEvent("no received_at")
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r".\1", text))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise MalformedEvent("received_at is not RFC 3339") from None


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise MalformedEvent("frm_payload is not base64") from None


def _whole(part: dict[str, Any], name: str, high: int) -> int:
    value = part.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise MalformedEvent(f"{name} is not a whole number from 0 to {high}")
    return value


def _number(value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if good else 0


def _dict(part: dict[str, Any], name: str) -> dict[str, Any]:
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _all(part: dict[str, Any], name: str) -> list[Any]:
    value = part.get(name)
    return value if isinstance(value, list) else []


def _list(part: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in _all(part, name) if isinstance(row, dict)]
