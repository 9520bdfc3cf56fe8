"""The gateways of The Things Stack, and when they were last heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from apps.network.integrations.base import RemoteGateway, ServerRefused
from apps.network.integrations.tts.calls import PAGE, Calls

_SEEN: Final = ("connected_at", "last_status_received_at", "last_uplink_received_at")


def gateways_of(call: Calls, owner: str) -> Iterator[RemoteGateway]:
    """Those of ``owner``; an antenna without an EUI is known by the server's own name for it."""
    page: list[dict[str, Any]] = []
    for row in call.rows("gateways", owner, "gateways", field_mask="name,antennas"):
        page.append(row)
        if len(page) == PAGE:
            yield from _with_times(call, page)
            page = []
    yield from _with_times(call, page)


def _with_times(call: Calls, rows: list[dict[str, Any]]) -> Iterator[RemoteGateway]:
    ids = [{"gateway_id": _name(row)} for row in rows]
    entries: dict[str, Any] = {}
    if ids:
        with suppress(ServerRefused):  # a key that may not read how gateways are
            body = {"gateway_ids": ids, "field_mask": {"paths": list(_SEEN)}}
            entries = call("POST", "gs/gateways/connection/stats", body=body).get("entries") or {}
    for row in rows:
        yield _gateway(row, entries.get(_name(row)) or {})


def _name(row: dict[str, Any]) -> str:
    return str((row.get("ids") or {}).get("gateway_id", ""))


def _gateway(row: dict[str, Any], stats: dict[str, Any]) -> RemoteGateway:
    ids = row.get("ids") or {}
    place = next((one.get("location") or {} for one in row.get("antennas") or []), {})
    latitude, longitude = place.get("latitude", 0), place.get("longitude", 0)
    # Nobody has set a place: all zeros, a spot in the sea, and zeros are left out.
    known = bool(latitude or longitude)
    seen = [moment for name in _SEEN if (moment := time_of(stats.get(name))) is not None]
    return RemoteGateway(
        gateway_id=str(ids.get("eui") or ids.get("gateway_id") or "").lower(),
        name=str(row.get("name") or ids.get("gateway_id") or ""),
        latitude=float(latitude) if known else None,
        longitude=float(longitude) if known else None,
        altitude_m=float(place["altitude"]) if known and place.get("altitude") else None,
        last_seen_at=max(seen, default=None),
    )


def time_of(text: Any) -> datetime | None:
    """RFC 3339 with up to nine digits of a second; the server's zero time is none."""
    if not isinstance(text, str) or text.startswith("0001-"):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\.(\d{6})\d+", r".\1", text))
    except ValueError:
        return None
