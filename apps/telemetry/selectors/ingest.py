"""Reads for the ingest: where an uplink belongs, how much of the day is used; the simulator's devices."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.core import clock
from apps.devices.enums import CodecState, DeviceState
from apps.devices.models import CodecVersion, Device
from apps.telemetry.enums import DecodeState
from apps.telemetry.integrations.simulator import Habit, SimulatedDevice, samples
from apps.telemetry.models import TrialDay, Uplink
from apps.telemetry.selectors.simulated import asked_of_samples
from apps.trials.enums import QuotaKind
from apps.trials.models import TrialQuota


@dataclass(frozen=True)
class Target:
    """Where an uplink of a device belongs, and how it is read; ``codec_stopped``: not now."""

    device_id: uuid.UUID
    organization_id: uuid.UUID
    trial_id: uuid.UUID
    codec_id: uuid.UUID | None
    script: str
    message_quota: int | None
    codec_stopped: bool = False


def ingest_targets(dev_euis: Collection[str]) -> dict[str, Target]:
    """The registered (not retired) devices among ``dev_euis``, by DevEUI. Two queries at most."""
    if not dev_euis:
        return {}
    devices = Device.objects.filter(dev_eui__in=dev_euis).exclude(state=DeviceState.RETIRED)
    return {row[0]: target for row, target in _targets(devices)}


def targets_of_trial(trial_id: uuid.UUID) -> dict[uuid.UUID, Target]:
    """All devices of a trial, retired ones too, by their id."""
    return {row[1]: target for row, target in _targets(Device.objects.filter(trial=trial_id))}


def _targets(devices: QuerySet[Device]) -> list[tuple[Any, Target]]:
    newest = CodecVersion.objects.standing().filter(model=OuterRef("model_id"))
    quota = TrialQuota.objects.filter(trial=OuterRef("trial_id"), kind=QuotaKind.MESSAGES)
    rows = devices.order_by().values_list(
        "dev_eui",
        "pk",
        "organization_id",
        "trial_id",
        Subquery(newest.values("pk")[:1]),
        Subquery(quota.values("granted")[:1]),
    )
    found = list(rows)
    codecs = {row[4] for row in found if row[4]}
    known = CodecVersion.objects.filter(pk__in=codecs).order_by().values_list("pk", "script", "state")
    codecs_by_id = {pk: (script, state == CodecState.QUARANTINED) for pk, script, state in known}
    targets = []
    for row in found:
        script, stopped = codecs_by_id.get(row[4], ("", False))
        targets.append((row, Target(row[1], row[2], row[3], row[4], script, row[5], stopped)))
    return targets


def messages_used(keys: Collection[tuple[uuid.UUID, date]]) -> Mapping[tuple[uuid.UUID, date], int]:
    """Uplinks stored so far for each (trial, day in Japan) of ``keys``."""
    if not keys:
        return {}
    wanted = Q()
    for trial, day in keys:
        wanted |= Q(trial_id=trial, day=day)
    return {(row.trial_id, row.day): row.uplinks for row in TrialDay.objects.filter(wanted)}


def uplinks_stored(
    keys: Collection[tuple[uuid.UUID, uuid.UUID, datetime]],
) -> set[tuple[uuid.UUID, uuid.UUID, datetime]]:
    """Those of ``keys`` (organization, deduplication id, time) that are stored."""
    if not keys:
        return set()
    times = [key[2] for key in keys]
    rows = Uplink.objects.filter(
        organization_id__in={key[0] for key in keys},
        deduplication_id__in={key[1] for key in keys},
        time__range=(min(times), max(times)),
    )
    return set(rows.order_by().values_list("organization_id", "deduplication_id", "time"))


def decoded_of_day(trial_id: uuid.UUID, day: date) -> int:
    """Uplinks of a trial on ``day`` (Japan) that were within the number."""
    begin = datetime.combine(day, time.min, clock.TOKYO)
    of_day = Uplink.objects.filter(
        device_id__in=_devices_of(trial_id), time__gte=begin, time__lt=begin + timedelta(days=1)
    )
    return of_day.exclude(decode_state=DecodeState.OVER_QUOTA).count()


def uplinks_over_quota(trial_id: uuid.UUID, size: int) -> Iterator[list[Uplink]]:
    """Everything of a trial that was stored over the number, oldest first, ``size`` at a time."""
    rows = Uplink.objects.filter(
        device_id__in=_devices_of(trial_id), decode_state=DecodeState.OVER_QUOTA
    ).order_by("time", "deduplication_id")
    later = rows.all()
    while part := list(later[:size]):
        yield part
        last = part[-1]
        same_time = Q(time=last.time, deduplication_id__gt=last.deduplication_id)
        later = rows.filter(Q(time__gt=last.time) | same_time)


def _devices_of(trial_id: uuid.UUID) -> list[uuid.UUID]:
    return list(Device.objects.filter(trial=trial_id).values_list("pk", flat=True))


def simulated_devices() -> list[SimulatedDevice]:
    """Active devices of the sample models, as the simulator plays them."""
    known = samples()
    lamps, asked = asked_of_samples()
    rows = (
        Device.objects.filter(state=DeviceState.ACTIVE, model__name__in=known.kinds)
        .order_by("dev_eui")
        .values_list(
            "dev_eui",
            "name",
            "model__name",
            "uplink_interval",
            "trial__code",
            "created_at",
            "trial__starts_on",
        )
    )
    return [
        SimulatedDevice(
            dev_eui=dev_eui,
            name=name,
            kind=known.kinds[model],
            interval=interval,
            application=code,
            # A sample is in service from the first day of its trial, though it was loaded just now.
            since=datetime.combine(begun, time(9), clock.TOKYO) if dev_eui in known.habits else created,
            habit=known.habits.get(dev_eui, Habit.STEADY),
            model=model,
            lamp=lamps.get(dev_eui, 0),
            asked=asked.get(dev_eui, ()),
        )
        for dev_eui, name, model, interval, code, created, begun in rows
    ]
