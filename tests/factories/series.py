"""Stored uplinks and hours of a device as quickly as tests need many."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection

from apps.devices.models import Device
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceHour, DeviceLatest, Uplink

_frames = count(1)


def uplinks_add(device: Device, rows: Iterable[tuple[datetime, Any]], **more: Any) -> list[Uplink]:
    """Uplinks of ``device``: (time, decoded values), without the hours; the last is the latest state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS telemetry_uplink_rest PARTITION OF telemetry_uplink DEFAULT"
        )
    made = [
        Uplink(
            organization_id=device.organization_id,
            deduplication_id=uuid.uuid4(),
            time=time,
            received_at=time,
            trial_id=device.trial_id,
            device_id=device.pk,
            dev_addr="00189440",
            f_cnt=next(_frames),
            f_port=1,
            dr=2,
            frequency=923200000,
            rssi=-97,
            snr=5.5,
            gateway_count=2,
            data=b"\x70",
            decode_state=DecodeState.DECODED,
            values=values,
            rx=[],
            **more,
        )
        for time, values in rows
    ]
    Uplink.objects.bulk_create(made, batch_size=500)
    if made:
        last = made[-1]
        names = (
            "time",
            "received_at",
            "deduplication_id",
            "f_cnt",
            "rssi",
            "snr",
            "dr",
            "decode_state",
            "values",
        )
        told = {name: getattr(last, name) for name in names}
        DeviceLatest.objects.update_or_create(device=device, defaults=told)
    return made


def hours_add(device: Device, start: datetime, fields: Sequence[Mapping[str, Any]]) -> None:
    """Hours of ``device`` one after another from ``start``, each with its ``fields``."""
    DeviceHour.objects.bulk_create(
        DeviceHour(
            organization_id=device.organization_id,
            device_id=device.pk,
            trial_id=device.trial_id,
            hour=start + timedelta(hours=number),
            uplinks=1,
            fields=dict(row),
        )
        for number, row in enumerate(fields)
    )
