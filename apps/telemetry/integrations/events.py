"""A message as an event, whichever way it came and whichever server wrote it.

The topic tells both. From the broker it is ChirpStack's own:
``application/<id>/device/<devEui>/event/<kind>``. Through a door for HTTP it is ours:
``http/<door>/<server kind>/<event>``; there the body names the device.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from apps.telemetry.integrations import chirpstack, tts
from apps.telemetry.integrations.chirpstack import MalformedEvent, Note, Uplink

_HTTP: Final = re.compile(r"^http/[0-9a-f-]{36}/([a-z]+)/([a-z_]*)$")
_KIND: Final = re.compile(r"[a-z_]{1,40}")


def http_topic(door: uuid.UUID, server_kind: str, event: str) -> str:
    """The topic of a message through ``door``. ``event`` is what the address says, "" if it says nothing."""
    return f"http/{door}/{server_kind}/{event if _KIND.fullmatch(event) else ''}"


def event_of(topic: str, payload: bytes) -> Uplink | Note:
    """The event in a message; raises ``MalformedEvent``."""
    if not topic.startswith("http/"):
        return _chirpstack(topic, chirpstack.load(payload), payload)
    found = _HTTP.match(topic)
    if found is None:
        raise MalformedEvent("unknown topic")
    event = chirpstack.load(payload)
    if found[1] == "tts":
        return tts.event_of(event)
    return _chirpstack(_broker_topic(event, found[2] or _kind_of(event)), event, payload)


def dev_eui_in(topic: str, payload: bytes) -> str:
    """The DevEUI that a message names, though it may be no event otherwise; "" if it names none."""
    try:
        if not topic.startswith("http/"):
            return chirpstack.kind_of(topic)[0]
        event = chirpstack.load(payload)
        found = _HTTP.match(topic)
        return tts.dev_eui_of(event) if found and found[1] == "tts" else _dev_eui(event)
    except MalformedEvent:
        return ""


def _chirpstack(topic: str, event: dict[str, Any], payload: bytes) -> Uplink | Note:
    _found, kind = chirpstack.kind_of(topic)
    if kind not in chirpstack.KINDS:
        raise MalformedEvent(f"unknown kind of event: {kind}")
    if kind == "up":
        return chirpstack.uplink_of(topic, event)
    return chirpstack.note_of(topic, kind, event, payload)


def _broker_topic(event: dict[str, Any], kind: str) -> str:
    """The topic under which ChirpStack publishes ``event`` to a broker: by either way it is one event."""
    info = event.get("deviceInfo")
    application = str(info.get("applicationId", "")) if isinstance(info, dict) else ""
    if not _dev_eui(event):
        raise MalformedEvent("no DevEUI")
    if not kind:
        raise MalformedEvent("the address names no event: ChirpStack adds ?event=up by itself")
    return f"application/{application.replace('/', '') or '-'}/device/{_dev_eui(event)}/event/{kind}"


def _dev_eui(event: dict[str, Any]) -> str:
    info = event.get("deviceInfo")
    dev_eui = str(info.get("devEui", "")).lower() if isinstance(info, dict) else ""
    return dev_eui if re.fullmatch(r"[0-9a-f]{16}", dev_eui) else ""


def _kind_of(event: dict[str, Any]) -> str:
    """An uplink is known by its parts, if a proxy lost the query of the address."""
    return "up" if {"devAddr", "fCnt", "txInfo"} <= event.keys() else ""
