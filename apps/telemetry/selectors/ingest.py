"""Reads for the ingest: where an uplink belongs, how much of the day is used; the simulator's devices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core import clock
from apps.devices.enums import CodecState, DeviceState, ProvisionState, Wanted
from apps.devices.models import CodecVersion, Device
from apps.devices.rules.sight import trial_then
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
    #: When the device came into the trial from another, and where it was before (``Device.earlier_trials``).
    joined_at: datetime | None = None
    earlier: Sequence[Sequence[Any]] = ()

    def at(self, time: datetime) -> Target:
        """Where an uplink of ``time`` belongs: one that comes late, to the trial the device was in then.

        The number of that trial's day is not asked for: what came late refuses nothing.
        """
        if self.joined_at is None or time >= self.joined_at:
            return self
        trial = uuid.UUID(trial_then(self.earlier, time))
        return replace(self, trial_id=trial, message_quota=None, joined_at=None, earlier=())


@dataclass
class Holders:
    """Whose a DevEUI is, ``since`` when, and whose it was: (from, until, where it belonged).

    A device that is retired and registered again, perhaps by others, is another device; what the first sent
    and comes late, or is delivered again, is still the first's.
    """

    now: Target | None = None
    since: datetime | None = None
    before: list[tuple[datetime, datetime | None, Target]] = field(default_factory=list)

    def at(self, time: datetime) -> Target | None:
        """Where something of ``time`` belongs. What was sent before the device was registered is its own,
        unless others had it before."""
        if not self.before:  # nearly always; this is asked for every message
            return self.now and self.now.at(time)
        for since, until, target in self.before:
            if until is not None and since <= time < until:
                return target.at(time)
        if self.now is None or self.since is None:
            return None
        own = self.now.organization_id
        if time < self.since and any(target.organization_id != own for *_, target in self.before):
            return None
        return self.now.at(time)


def ingest_targets(dev_euis: Collection[str]) -> dict[str, Target]:
    """The registered (not retired) devices among ``dev_euis``, by DevEUI. Two queries at most."""
    return {eui: holders.now for eui, holders in ingest_holders(dev_euis).items() if holders.now}


def ingest_holders(dev_euis: Collection[str]) -> dict[str, Holders]:
    """Whose each of ``dev_euis`` is and was, if anybody's. Two queries at most."""
    if not dev_euis:
        return {}
    found: dict[str, Holders] = defaultdict(Holders)
    for row, target in _targets(Device.objects.filter(dev_eui__in=dev_euis)):
        dev_eui, (created, state, retired) = row[0], row[-3:]
        if state == DeviceState.RETIRED:
            found[dev_eui].before.append((created, retired, replace(target, message_quota=None)))
        else:
            found[dev_eui].now, found[dev_eui].since = target, created
    return found


def targets_of_trial(trial_id: uuid.UUID) -> dict[uuid.UUID, Target]:
    """All devices that are or were in a trial, retired ones too, by their id, as if they still were in it."""
    quota = TrialQuota.objects.filter(trial=trial_id, kind=QuotaKind.MESSAGES)
    granted = quota.values_list("granted", flat=True).first()
    return {
        row[1]: replace(target, trial_id=trial_id, message_quota=granted)
        for row, target in _targets(_devices_of(trial_id))
    }


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
        "joined_trial_at",
        "earlier_trials",
        "created_at",
        "state",
        "retired_at",
    )
    found = list(rows)
    codecs = {row[4] for row in found if row[4]}
    known = CodecVersion.objects.filter(pk__in=codecs).order_by().values_list("pk", "script", "state")
    codecs_by_id = {pk: (script, state == CodecState.QUARANTINED) for pk, script, state in known}
    targets = []
    for row in found:
        script, stopped = codecs_by_id.get(row[4], ("", False))
        targets.append((row, Target(row[1], row[2], row[3], row[4], script, row[5], stopped, *row[6:8])))
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
        trial_id=trial_id,
        device_id__in=_device_ids(trial_id),
        time__gte=begin,
        time__lt=begin + timedelta(days=1),
    )
    return of_day.exclude(decode_state=DecodeState.OVER_QUOTA).count()


def uplinks_over_quota(trial_id: uuid.UUID, size: int) -> Iterator[list[Uplink]]:
    """Everything of a trial that was stored over the number, oldest first, ``size`` at a time."""
    rows = Uplink.objects.filter(
        trial_id=trial_id, device_id__in=_device_ids(trial_id), decode_state=DecodeState.OVER_QUOTA
    ).order_by("time", "deduplication_id")
    later = rows.all()
    while part := list(later[:size]):
        yield part
        last = part[-1]
        same_time = Q(time=last.time, deduplication_id__gt=last.deduplication_id)
        later = rows.filter(Q(time__gt=last.time) | same_time)


def _devices_of(trial_id: uuid.UUID) -> QuerySet[Device]:
    """Devices that are in a trial, or were."""
    return Device.objects.filter(Q(trial=trial_id) | Q(earlier_trials__contains=[[str(trial_id)]]))


def _device_ids(trial_id: uuid.UUID) -> list[uuid.UUID]:
    return list(_devices_of(trial_id).order_by().values_list("pk", flat=True))


def simulated_devices() -> list[SimulatedDevice]:
    """Active devices of the sample models and of companies' own that stand on them, as the simulator plays.

    A visitor's is let in when the sample server knows it: the job that brings it there is done.
    """
    known = samples()
    there = Q(provision__state=ProvisionState.DONE, provision__wanted=Wanted.PRESENT)
    lamps, asked = asked_of_samples()
    rows = (
        Device.objects.annotate(plays=Coalesce("model__base__name", "model__name"))
        .filter(state=DeviceState.ACTIVE, plays__in=known.kinds)
        .filter(there | Q(provision=None) | Q(dev_eui__in=known.habits))
        .order_by("dev_eui")
        .values_list(
            "dev_eui",
            "name",
            "plays",
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
