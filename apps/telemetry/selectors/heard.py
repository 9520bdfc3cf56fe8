"""When devices were last heard, for apps below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.devices.models import Device
from apps.telemetry.models import DeviceLatest


def last_heard(devices: Sequence[Device]) -> dict[Any, tuple[Any, Any]]:
    """``{pk: (time, data rate)}`` of the last uplink of ``devices``: the fact ``device.heard``. One query."""
    rows = DeviceLatest.objects.filter(device__in=devices).values_list("device_id", "time", "dr")
    return {pk: (time, rate) for pk, time, rate in rows}
