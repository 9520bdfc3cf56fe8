"""Reads for decoding again: what comes next, how much there is."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.devices.models import CodecVersion, Device, DeviceModel
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceHour, Redecode, Uplink

_NEXT = """
SELECT u.organization_id, u.deduplication_id, u.time, u.device_id, u.trial_id, u.f_port, u.data,
    u.decode_state, u.codec_id, u.values::text
FROM unnest(%(devices)s::uuid[]) WITH ORDINALITY AS d(id, place) CROSS JOIN LATERAL (
    SELECT * FROM telemetry_uplink u
    WHERE u.device_id = d.id AND u.time >= %(since)s
        AND (d.id <> %(device)s OR u.time > %(after)s)
        AND {which}
    ORDER BY u.time LIMIT %(size)s
) u
ORDER BY d.place, u.time LIMIT %(size)s
"""
#: As the partial index has it.
_HELD = "u.decode_state = 'quarantined'"
#: No device has it.
_NOBODY = uuid.UUID(int=0)


def uplinks_to_redecode(
    *,
    model_id: uuid.UUID,
    since: datetime,
    after: tuple[uuid.UUID | None, datetime | None],
    held: bool,
    size: int,
) -> list[tuple[Any, ...]]:
    """The next ``size`` uplinks of devices of a model in order of (device, time), behind ``after``.

    Rows in the order of ``rewriting.Stored``. Uplinks of one device and moment are never parted.
    """
    device, time = after
    rows = Device.objects.filter(model=model_id, pk__gte=device or _NOBODY).order_by("pk")
    devices = list(rows.values_list("pk", flat=True))
    while True:
        given: dict[str, Any] = {
            "devices": devices, "since": since, "device": device or _NOBODY, "after": time or since,
            "size": size,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_NEXT.format(which=_HELD if held else "true"), given)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        if len(found) < size:
            return found
        last = found[-1][3], found[-1][2]
        whole = [row for row in found if (row[3], row[2]) != last]
        if whole:
            return whole
        size *= 2


def uplinks_held(model_id: uuid.UUID) -> int:
    """How many uplinks of a model wait for a stopped codec."""
    held = Uplink.objects.filter(
        device_id__in=list(Device.objects.filter(model=model_id).values_list("pk", flat=True)),
        decode_state=DecodeState.QUARANTINED,
    )
    return held.count()


def first_held(model_id: uuid.UUID) -> datetime | None:
    """The time of the earliest of them."""
    devices = list(Device.objects.filter(model=model_id).values_list("pk", flat=True))
    held = Uplink.objects.filter(device_id__in=devices, decode_state=DecodeState.QUARANTINED)
    return held.order_by("time").values_list("time", flat=True).first()


def uplinks_since(model_id: uuid.UUID, since: datetime) -> int:
    """About how many uplinks the devices of a model have since ``since``: counted by hours."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    devices = Device.objects.filter(model=model_id).values("pk")
    total = DeviceHour.objects.filter(device_id__in=devices, hour__gte=hour).aggregate(n=Sum("uplinks"))["n"]
    return total or 0


def access_redecode(*, model: DeviceModel, pk: uuid.UUID) -> Redecode:
    """One of ``model``, with its codec and who began it."""
    found = (
        Redecode.objects.filter(codec__model=model, pk=pk).select_related("codec__model", "made_by").first()
    )
    if found is None:
        raise NotFound(_("This page does not exist."))
    return found


def redecodes_of(model: DeviceModel, *, rows: int = 5) -> list[Redecode]:
    """The latest of ``model``, the newest first."""
    return list(Redecode.objects.filter(codec__model=model).select_related("codec")[:rows])


def decoding_codec(model: DeviceModel | uuid.UUID) -> CodecVersion | None:
    """The version that decodes a model's uplinks now."""
    return CodecVersion.objects.standing().filter(model=model).first()
