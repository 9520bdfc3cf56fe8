"""The latest uplinks of all devices of a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from apps.devices.models import Device, DeviceModel
from apps.telemetry.enums import DecodeState

#: So many devices are asked, those registered last.
DEVICES_MOST: Final = 200
_LATEST = """
SELECT u.device_id, u.time, u.f_port, u.data, u.decode_state
FROM unnest(%(devices)s::uuid[]) AS d(id) CROSS JOIN LATERAL (
    SELECT device_id, time, f_port, data, decode_state FROM telemetry_uplink
    WHERE device_id = d.id ORDER BY time DESC LIMIT %(rows)s
) u
ORDER BY u.time DESC LIMIT %(rows)s
"""


@dataclass(frozen=True)
class ModelFrame:
    """``payload``: hexadecimal, empty when a mask took it away or nothing was in it."""

    device: Device
    time: datetime
    f_port: int
    payload: str
    state: DecodeState

    @property
    def pressed(self) -> str:
        """What the workbench is sent (``devices.forms.bench.bench_act``)."""
        return f"{self.f_port}:{self.payload}"


def model_frames(model: DeviceModel, *, rows: int = 5) -> list[ModelFrame]:
    """The latest uplinks of devices of ``model``, the newest first. Two queries.

    An own model's devices all belong to its organization, which sees everything that they sent.
    """
    newest = Device.objects.filter(model=model).only("name", "dev_eui").order_by("-created_at", "pk")
    devices = {device.pk: device for device in newest[:DEVICES_MOST]}
    if not devices:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"devices": list(devices), "rows": rows})
        found = cursor.fetchall()
    return [
        ModelFrame(devices[device], time, port, bytes(data).hex(), DecodeState(state))
        for device, time, port, data, state in found
    ]
