"""Exports of a device's uplinks."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from apps.core import clock
from apps.devices.models import Device
from apps.exports.domain import export_ask, export_step
from apps.exports.models import ExportJob
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.models import DeviceHour, Uplink


def uplinks(device: Device, count: int, *, end: datetime | None = None, **changes: Any) -> None:
    """``count`` uplinks of ``device``, a minute apart until ``end``; and their hour."""
    end = end or clock.now()
    partitions_ahead()
    rows = [
        {
            "organization_id": device.organization_id,
            "deduplication_id": uuid.uuid4(),
            "time": end - timedelta(minutes=count - number),
            "received_at": end - timedelta(minutes=count - number),
            "trial_id": device.trial_id,
            "device_id": device.pk,
            "f_cnt": number,
            "f_port": 1,
            "dr": 2,
            "rssi": -97,
            "snr": 5.5,
            "data": bytes([number % 250]),
            "decode_state": "decoded",
            "values": {"level": number / 100},
            **changes,
        }
        for number in range(count)
    ]
    Uplink.objects.bulk_create(Uplink(**row) for row in rows)
    hour = end.replace(minute=0, second=0, microsecond=0)
    values = {"uplinks": count, "trial_id": device.trial_id, "fields": {"level": [count, 0, 1, count / 2, 1]}}
    DeviceHour.objects.create(
        organization_id=device.organization_id, device_id=device.pk, hour=hour, **values
    )


def asked(device: Device, actor: Any, **more: Any) -> ExportJob:
    """The uplinks of the device's trial, asked for by ``actor``."""
    wanted = {"trial": device.trial.code, **more.pop("asked", {})}
    return export_ask(
        organization=device.organization, actor=actor, kind="telemetry.uplinks", asked=wanted, **more
    )


def made(export: ExportJob, **more: Any) -> ExportJob:
    """All slices of ``export`` done."""
    while export_step(export_id=export.pk, **more):
        pass
    export.refresh_from_db()
    return export
