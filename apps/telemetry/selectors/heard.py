"""When devices were last heard, for apps below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.devices.models import Device
from apps.telemetry.selectors.sight import latest_of


def last_heard(devices: Sequence[Device]) -> dict[Any, tuple[Any, Any]]:
    """``{pk: (time, data rate)}`` of the last uplink of ``devices``: the fact ``device.heard``. One query."""
    return {pk: (row.time, row.dr) for pk, row in latest_of(devices).items()}
