"""What devices sent and what was told of them, as far as their reader sees it (``Device.sight``).

Every page, API, file and link reads through here or by ``series_seen``: a device that came from another
trial shows there only what came since, unless its reader is who owns it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from apps.devices.models import Device
from apps.devices.rules.sight import Sight
from apps.telemetry.models import DeviceCondition, DeviceEvent, DeviceLatest, Uplink, UplinkQuerySet
from apps.telemetry.models.device_event import DeviceEventQuerySet

#: What of a condition goes with which moment.
_TOLD = {
    "joined_at": {},
    "log_at": {"log_level": "", "log_code": "", "log_text": ""},
    "keys_wrong_at": {},
    "nonce_used_at": {},
    "counter_reset_at": {},
    "status_at": {"battery": None, "external_power": False, "margin": None},
    "located_at": {"location": None},
}  # type: dict[str, dict[str, Any]]


def uplinks_of(device: Device) -> UplinkQuerySet:
    """The uplinks of ``device`` that its reader sees, along the index (device, time)."""
    rows: UplinkQuerySet = _inside(Uplink.objects.filter(device_id=device.pk), device.sight)
    return rows


def events_of(device: Device) -> DeviceEventQuerySet:
    """Its events likewise."""
    rows: DeviceEventQuerySet = _inside(DeviceEvent.objects.filter(device_id=device.pk), device.sight)
    return rows


def _inside(rows: Any, sight: Sight | None) -> Any:
    """Rows of the trial; from the first stay on, so that the index need not be read to its end."""
    if sight is None:
        return rows
    rows = rows.filter(trial_id=sight.trial)
    return rows.filter(time__gte=sight.since) if sight.since else rows


def latest_of(devices: Iterable[Device]) -> dict[uuid.UUID, DeviceLatest]:
    """The newest uplink of each of ``devices``, where its reader sees it. One query."""
    known = {device.pk: device for device in devices}
    found = DeviceLatest.objects.in_bulk(list(known))
    return {pk: row for pk, row in found.items() if _sees(known[pk], row.time)}


def conditions_of(devices: Iterable[Device], *, located: bool = False) -> dict[uuid.UUID, DeviceCondition]:
    """What was told last of each of ``devices`` as its reader sees it, without the place unless ``located``.
    One query."""
    known = {device.pk: device for device in devices}
    rows = DeviceCondition.objects.all() if located else DeviceCondition.objects.defer("location")
    return {pk: _condition(known[pk], row) for pk, row in rows.in_bulk(list(known)).items()}


def _condition(device: Device, row: DeviceCondition) -> DeviceCondition:
    if device.sight is None:
        return row
    seen = copy(row)
    for moment, told in _TOLD.items():
        if not _sees(device, getattr(row, moment)):
            for name, nothing in {moment: None, **told}.items():
                setattr(seen, name, nothing)
    return seen


def _sees(device: Device, moment: Any) -> bool:
    sight = device.sight
    return sight is None or sight.covers(moment)


def parted(devices: Sequence[Device]) -> tuple[list[uuid.UUID], list[Device]]:
    """The ids of those whose whole past is seen, and those of which only a part is: few, mostly none."""
    whole = [device.pk for device in devices if device.sight is None]
    return whole, [device for device in devices if device.sight is not None]
