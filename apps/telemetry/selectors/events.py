"""What the network server told of a device beside its uplinks."""

from __future__ import annotations

from apps.devices.models import Device
from apps.telemetry.models import DeviceEvent
from apps.telemetry.selectors.sight import events_of

#: Shown at first, and after “more”.
EVENT_ROWS = (5, 100)


def device_events(device: Device, rows: int) -> tuple[list[DeviceEvent], bool]:
    """The newest ``rows`` events, and whether there are more. One query."""
    found = list(events_of(device).order_by("-time", "event_id")[: rows + 1])
    return found[:rows], len(found) > rows
