"""A year of hourly values for some sample devices, so that the demo has a past. Single readings of that time
are not kept: as in a city that drops them after some months."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from apps.core import clock
from apps.devices.integrations.codec import CodecInput, CodecRunner
from apps.telemetry.domain.folding import hours_fold
from apps.telemetry.domain.hours import Heard, Hour, hour_add, hours_write
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.integrations.simulator import Habit, SimulatedDevice
from apps.telemetry.models import DeviceHour
from apps.telemetry.selectors.ingest import Target, ingest_targets, simulated_devices

#: The kind of the devices that have a past, how many of them, how long it is, readings of an hour.
KIND: Final = "river"
DEVICES, DAYS, READINGS = 2, 365, 2
#: Payloads that are decoded at once.
PART: Final = 500


def sample_year(*, until: datetime, days: int = DAYS) -> int:
    """Give sample devices without hours those of the ``days`` before ``until``; how many. Demo only."""
    steady = [one for one in simulated_devices() if one.kind == KIND and one.habit == Habit.STEADY]
    targets = ingest_targets([device.dev_eui for device in steady[:DEVICES]])
    pks = [target.device_id for target in targets.values()]
    last = until.astimezone(clock.TOKYO).replace(hour=0, minute=0, second=0, microsecond=0)
    earlier = DeviceHour.objects.filter(device_id__in=pks, hour__lt=last)
    known = set(earlier.order_by().values_list("device_id", flat=True))
    count = 0
    with CodecRunner() as runner:
        for device in steady[:DEVICES]:
            target = targets.get(device.dev_eui)
            if target and target.device_id not in known and target.codec_id:
                count += _fill(device, target, last, days, runner)
    if count:
        hours_fold()
    return count


@transaction.atomic
def _fill(device: SimulatedDevice, target: Target, last: datetime, days: int, runner: CodecRunner) -> int:
    step = timedelta(hours=1) / READINGS
    moments = [last - step * number for number in range(days * 24 * READINGS, 0, -1)]
    hours: dict[tuple[uuid.UUID, uuid.UUID, datetime], Hour] = {}
    for heard in _heard(device, target, moments, runner):
        hour_add(hours.setdefault(heard.key, Hour(trial_id=target.trial_id)), heard)
    with connection.cursor() as cursor:
        devices_lock(cursor=cursor, devices=[target.device_id])
        hours_write(cursor=cursor, hours=hours.items())
    return len(hours)


def _heard(
    device: SimulatedDevice, target: Target, moments: Sequence[datetime], runner: CodecRunner
) -> Iterator[Heard]:
    for begin in range(0, len(moments), PART):
        part = moments[begin : begin + PART]
        given = [CodecInput(device.payload(moment), 1, moment.isoformat()) for moment in part]
        outputs = runner.decode(str(target.codec_id), target.script, given)
        for number, (moment, output) in enumerate(zip(part, outputs, strict=True), start=begin):
            yield Heard(
                organization_id=target.organization_id,
                device_id=target.device_id,
                trial_id=target.trial_id,
                time=moment,
                dev_addr="01000000",
                f_cnt=number,
                rssi=-97,
                snr=5.5,
                gateways=2,
                failed=False,
                values=output.values,
            )
