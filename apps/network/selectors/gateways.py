"""What a file of gateways would change."""

from __future__ import annotations

from dataclasses import dataclass

from apps.network.models import Gateway
from apps.network.rules import GatewayRow, read_gateways


@dataclass(frozen=True)
class Compared:
    """A line of the file. ``act``: new, changed, same, or empty when it has faults."""

    row: GatewayRow
    act: str
    gateway: Gateway | None


def differs(gateway: Gateway, row: GatewayRow) -> bool:
    """Whether ``row`` would change ``gateway``. An empty cell changes nothing."""
    place = gateway.place
    moved = row.latitude is not None and (
        place is None or (round(place.y, 6), round(place.x, 6)) != (row.latitude, row.longitude)
    )
    return (
        moved
        or gateway.name != row.name
        or bool(row.place_name and gateway.place_name != row.place_name)
        or (row.height_m is not None and gateway.height_m != row.height_m)
    )


def compare_file(text: str) -> list[Compared]:
    """Each line of ``text`` against the gateways there are. One query; raises ``ValidationError``."""
    rows = read_gateways(text)
    known = {
        row.gateway_id: row for row in Gateway.objects.filter(gateway_id__in=[r.gateway_id for r in rows])
    }
    return [_compared(row, known.get(row.gateway_id)) for row in rows]


def _compared(row: GatewayRow, gateway: Gateway | None) -> Compared:
    if row.faults:
        return Compared(row, "", gateway)
    if gateway is None:
        return Compared(row, "new", None)
    return Compared(row, "changed" if differs(gateway, row) else "same", gateway)
