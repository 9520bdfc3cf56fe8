"""What gateways carried and from where, out of the uplinks of a batch; see ``network.domain.heard``.

Where a device stands and how exactly that may be shown is asked once in ``KEPT`` seconds for each
process, so that a batch costs no query of its own for it.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from apps.network.domain.heard import CellHeard, GatewayHeard, heard_add
from apps.telemetry.domain.batch import Row
from apps.telemetry.rules import is_number
from apps.telemetry.selectors.standing import Standing, device_standings, square_of

#: Seconds for which a device's place is believed.
KEPT = 30.0
_GATEWAY = re.compile(r"[0-9a-fA-F]{16}")
_TOKYO = timedelta(hours=9)
#: Names under which codecs give a position, in degrees.
_LATITUDE, _LONGITUDE = ("latitude", "lat"), ("longitude", "lon", "lng")


_standing: dict[uuid.UUID, Standing] = {}
_fresh_until = 0.0


def forget() -> None:
    """Ask again where devices stand."""
    global _fresh_until
    _fresh_until = 0.0


def coverage_add(*, cursor: Any, rows: Sequence[Row]) -> None:
    """Append what the freshly stored ``rows`` tell of gateways and squares."""
    gateways: dict[tuple[str, date], GatewayHeard] = {}
    cells: dict[tuple[str, str], CellHeard] = {}
    standing = _standings({row.target.device_id for row in rows})
    for row in rows:
        up = row.uplink
        if up.gateway_count:
            at = min(up.time, row.message.received_at)
            _count_gateways(gateways, row, at)
            _count_cell(cells, row, standing.get(row.target.device_id), at)
    heard_add(cursor=cursor, gateways=gateways.values(), cells=cells.values())


def _count_gateways(gateways: dict[tuple[str, date], GatewayHeard], row: Row, at: datetime) -> None:
    bit = 1 << (row.uplink.time + _TOKYO).hour
    told = (reception.get("gatewayId") for reception in row.uplink.rx)
    for name in {_gateway_id(text) for text in told if isinstance(text, str)} - {""}:
        day = gateways.get((name, row.day))
        if day is None:
            day = gateways[name, row.day] = GatewayHeard(name, row.day, at)
        day.uplinks += 1
        day.hours |= bit
        day.last_at = max(day.last_at, at)


def _count_cell(
    cells: dict[tuple[str, str], CellHeard], row: Row, standing: Standing | None, at: datetime
) -> None:
    if standing is None or not standing.shown:
        return
    up = row.uplink
    mesh = _mesh_told(row.output.values) or standing.mesh
    if not mesh:
        return
    cell = cells.get((mesh, standing.shown))
    if cell is None:
        cell = cells[mesh, standing.shown] = CellHeard(mesh, standing.shown, at, at)
    cell.observations += 1
    cell.best_rssi = _best(cell.best_rssi, up.rssi)
    cell.best_snr = _best(cell.best_snr, up.snr)
    cell.gateways = max(cell.gateways, up.gateway_count)
    cell.first_at, cell.last_at = min(cell.first_at, at), max(cell.last_at, at)


def _best(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)


@lru_cache(maxsize=4096)
def _gateway_id(text: str) -> str:
    """The gateway's ID in lower case; empty when it is none."""
    return text.lower() if _GATEWAY.fullmatch(text) else ""


def _mesh_told(values: Mapping[str, Any] | None) -> str:
    """The square of the position that the uplink itself tells; empty when it tells none."""
    if not values:
        return ""
    latitude = next((values[name] for name in _LATITUDE if name in values), None)
    longitude = next((values[name] for name in _LONGITUDE if name in values), None)
    if not (is_number(latitude) and is_number(longitude)):
        return ""
    return square_of(float(latitude), float(longitude))


def _standings(devices: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Standing]:
    global _fresh_until
    if time.monotonic() > _fresh_until:
        _standing.clear()
        _fresh_until = time.monotonic() + KEPT
    if missing := [device for device in devices if device not in _standing]:
        _standing.update(device_standings(missing))
    return _standing
