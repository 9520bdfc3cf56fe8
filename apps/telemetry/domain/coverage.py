"""What gateways carried and from where, out of the uplinks of a batch; see ``network.domain.heard``.

Where a device stands and how exactly that may be shown is asked once in ``KEPT`` seconds for each
process, so that a batch costs no query of its own for it.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apps.network.domain.heard import CellHeard, heard_add
from apps.telemetry.domain.batch import Row
from apps.telemetry.rules import is_number
from apps.telemetry.selectors.standing import Standing, device_standings, square_of

#: Seconds for which a device's place is believed.
KEPT = 30.0
_GATEWAY = re.compile(r"[0-9a-fA-F]{16}")
#: Names under which codecs give a position, in degrees.
_POSITIONS = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"))


_standing: dict[uuid.UUID, Standing] = {}
_fresh_until = 0.0


def forget() -> None:
    """Ask again where devices stand."""
    global _fresh_until
    _fresh_until = 0.0


def coverage_add(*, cursor: Any, rows: Sequence[Row]) -> None:
    """Append what the freshly stored ``rows`` tell of gateways and squares."""
    heard: dict[tuple[str, int], list[Any]] = {}
    cells: list[CellHeard] = []
    standings = _standings(rows)
    for row in rows:
        up = row.uplink
        if not up.gateway_count:
            continue
        at = up.time.timestamp()
        _count_gateways(heard, up.rx, at)
        mesh, shown = standings[row.target.device_id]
        if shown:
            mesh = _square_told(row.output.values) or mesh
            if mesh:
                cells.append((mesh, shown, up.rssi, up.snr, up.gateway_count, at))
    gateways = [
        (name.lower(), hour, uplinks, last)
        for (name, hour), (uplinks, last) in heard.items()
        if _GATEWAY.fullmatch(name)
    ]
    heard_add(cursor=cursor, gateways=gateways, cells=cells)


def _count_gateways(heard: dict[tuple[str, int], list[Any]], rx: list[dict[str, Any]], at: float) -> None:
    """Count one uplink for each gateway of ``rx``; one with two antennas stands there twice."""
    hour = int(at) // 3600
    names = [name for reception in rx if type(name := reception.get("gatewayId")) is str]
    for name in names if len(names) < 2 else set(names):
        known = heard.get((name, hour))
        if known is None:
            heard[name, hour] = [1, at]
        else:
            known[0] += 1
            if at > known[1]:
                known[1] = at


def _square_told(values: Mapping[str, Any] | None) -> str:
    """The square of the position that the uplink itself tells; empty when it tells none."""
    for latitude, longitude in _POSITIONS if values else ():
        if latitude in values and longitude in values:  # type: ignore[operator]
            place = values[latitude], values[longitude]  # type: ignore[index]
            return square_of(*map(float, place)) if all(map(is_number, place)) else ""
    return ""


def _standings(rows: Sequence[Row]) -> Mapping[uuid.UUID, Standing]:
    """Where at least the devices of ``rows`` stand; one that is gone meanwhile counts nowhere."""
    global _standing, _fresh_until
    if time.monotonic() > _fresh_until:
        # Another one, not this one emptied: another thread may be reading it.
        _standing, _fresh_until = {}, time.monotonic() + KEPT
    known = _standing
    missing = {row.target.device_id for row in rows}.difference(known)
    if missing:
        known.update(dict.fromkeys(missing, Standing("", "")) | device_standings(missing))
    return known
