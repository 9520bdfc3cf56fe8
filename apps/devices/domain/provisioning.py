"""What is wanted of devices on their network servers. The job ``provision_job`` brings it about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict
from apps.core.site import site_settings
from apps.devices.enums import DeviceState, ProvisionState, Wanted
from apps.devices.models import Device, ModelProfile, Provision
from apps.network.enums import ServerState
from apps.network.models import NetworkServer
from apps.outbox.domain import job_queue, jobs_queue
from apps.trials.enums import TrialPhase
from apps.trials.models import Trial
from apps.trials.rules import OVER

if TYPE_CHECKING:
    from apps.accounts.models import User

#: The outbox job that brings a device to its server; its payload is ``{"provision", "revision"}``.
JOB: Final = "devices.provision"
#: The outbox job that takes away what no device of ours stands for: ``{"server", "dev_eui"}``.
TAKE_AWAY_JOB: Final = "devices.take_away"
#: The outbox job that asks again what is wanted of a trial's devices; its payload is ``{"trial"}``.
FOLLOW_JOB: Final = "devices.follow_trial"
#: From which states each may be reached. A new wish makes every one wait again.
TRANSITIONS: Final[dict[ProvisionState, tuple[ProvisionState, ...]]] = {
    ProvisionState.WAITING: (ProvisionState.WAITING, ProvisionState.DONE, ProvisionState.REFUSED),
    ProvisionState.DONE: (ProvisionState.WAITING,),
    ProvisionState.REFUSED: (ProvisionState.WAITING,),
}
_MOST_FIRST: Final = (Wanted.PRESENT, Wanted.DISABLED, Wanted.ABSENT)


def wanted_of(device: Device, now: datetime, *, days: int) -> Wanted:
    """How ``device`` is to stand on its server: by its own state and by that of its trial.

    ``days``: how long after the last day of its trial it stays there, switched off.
    """
    if device.state == DeviceState.RETIRED:
        return Wanted.ABSENT
    phase = device.trial.phase(now)
    if phase in OVER:
        leaves = device.trial.last_day + timedelta(days=days)
        return Wanted.ABSENT if clock.local_date(now) > leaves else Wanted.DISABLED
    if phase == TrialPhase.PAUSED or device.state == DeviceState.PAUSED:
        return Wanted.DISABLED
    return Wanted.PRESENT


@transaction.atomic
def provision_want(
    *,
    device: Device,
    wanted: Wanted | str = Wanted.PRESENT,
    actor: User | None,
    adopt_from: str = "",
    now: datetime | None = None,
) -> Provision | None:
    """Bring ``device`` to its network server as it is now: keep the wish and leave the job for it.

    To be called in the transaction in which a device is registered, changed, moved, retired or comes
    back, every time. ``wanted`` is the most that is wanted; the device's own state and its trial limit
    it. ``adopt_from``: the server's id of a foreign application it may be taken from. None when its model
    stands on no server: staff enter such a device by hand.
    """
    moment = now or clock.now()
    # As it is, not as its caller read it: somebody else may have retired or moved it meanwhile.
    devices = Device.objects.select_for_update(of=("self",), no_key=True).select_related("trial", "model")
    device = devices.get(pk=device.pk)
    limit = wanted_of(device, moment, days=site_settings().devices_delete_after_days)
    target = max(Wanted(wanted), limit, key=_MOST_FIRST.index)
    row = Provision.objects.select_for_update().filter(device=device).first()
    server = server_of(device, row, target)
    if server is None or (row is None and target == Wanted.ABSENT):
        return None
    if row is None:
        row = Provision.objects.create(device=device, server=server, wanted=target)
    else:
        _change(row, server, target, device)
    payload = {"provision": str(row.pk), "revision": row.revision}
    job_queue(kind=JOB, payload=payload | ({"adopt_from": adopt_from} if adopt_from else {}))
    record(
        action="device.provision",
        actor=actor,
        target=device,
        organization_id=device.organization_id,
        data={"wanted": target.value, "server": server.name},
    )
    return row


@transaction.atomic
def provisions_want_new(
    *, trial: Trial, devices: Sequence[Device], actor: User | None, now: datetime | None = None
) -> int:
    """``provision_want`` for many that were registered in ``trial`` just now; how many a server takes.

    A handful of queries, however many they are.
    """
    moment, days = now or clock.now(), site_settings().devices_delete_after_days
    servers = _servers_of_models({profile_model_of(device) for device in devices})
    rows = []
    for device in devices:
        target, found = wanted_of(device, moment, days=days), servers.get(profile_model_of(device), [])
        if found and target != Wanted.ABSENT:
            rows.append(Provision(device=device, server=found[0], wanted=target))
    if rows:
        Provision.objects.bulk_create(rows)
        payloads = [{"provision": str(row.pk), "revision": row.revision} for row in rows]
        jobs_queue(kind=JOB, payloads=payloads)
        record(
            action="device.provision",
            actor=actor,
            target=trial,
            organization_id=trial.organization_id,
            data={"devices": len(rows)},
        )
    return len(rows)


def profile_model_of(device: Device) -> UUID | None:
    """The model whose profile the servers know ``device`` by: that of a company's own model is its base's."""
    return device.model.profile_model_id if device.model else None


def server_of(device: Device, row: Provision | None, wanted: Wanted) -> NetworkServer | None:
    """The server that ``device`` is to stand on: where it stands, else one that has its model's profile."""
    if row is not None and wanted == Wanted.ABSENT:
        return row.server
    model = profile_model_of(device)
    servers = _servers_of_models({model}).get(model, [])
    if row is not None and (not servers or row.server in servers):
        return row.server
    return servers[0] if servers else None


def _servers_of_models(models: set[UUID | None]) -> dict[UUID | None, list[NetworkServer]]:
    """The servers that have a profile of each of ``models``, those in use first. One query."""
    found: dict[UUID | None, list[NetworkServer]] = {}
    profiles = ModelProfile.objects.filter(model__in=models - {None}).select_related("server")
    for row in sorted(profiles, key=lambda p: (p.server.state != ServerState.ACTIVE, p.server.name)):
        found.setdefault(row.model_id, []).append(row.server)
    return found


def _change(row: Provision, server: NetworkServer, wanted: Wanted, device: Device) -> None:
    if row.server_id != server.pk:
        payload = {"server": str(row.server_id), "dev_eui": device.dev_eui}
        job_queue(kind=TAKE_AWAY_JOB, payload=payload)
        row.server = server
    row.wanted = wanted
    row.revision += 1
    provision_move(row=row, to=ProvisionState.WAITING, attempts=0, tried_at=None)


def provision_move(
    *, row: Provision, to: ProvisionState, reason: str = "", fault: str = "", **values: Any
) -> None:
    """Bring a locked ``row`` to ``to``; the only writer of its state."""
    if to not in TRANSITIONS[ProvisionState(row.state)]:
        raise Conflict(_("This device is at another point by now. Load the page again."))
    row.state, row.reason, row.fault = to, reason, fault[:300]
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


@transaction.atomic
def provision_again(*, row: Provision, actor: User | None) -> Provision:
    """Staff try a refused or waiting provisioning again, with everything as it is now."""
    device = Device.objects.select_related("trial", "model").get(pk=row.device_id)
    again = provision_want(device=device, actor=actor)
    return again or row


@transaction.atomic
def provisions_refused_again(*, rows: QuerySet[Provision], actor: User | None) -> int:
    """Try the refused of ``rows`` again; how many."""
    refused = rows.filter(state=ProvisionState.REFUSED)
    refused = refused.select_related("device__trial", "device__model").order_by("device_id")
    again = list(refused)
    for row in again:
        provision_want(device=row.device, actor=actor)
    return len(again)


def provisions_follow(*, trial: Trial | None = None, now: datetime | None = None) -> int:
    """Want of devices what their trials allow by now: ends, pauses, and leaving some days after the end.

    ``trial``: of this one only. How many were other. Each is its own transaction; may run at any time.
    """
    moment = now or clock.now()
    days = site_settings().devices_delete_after_days
    rows = Provision.objects.select_related("device__trial", "device__model")
    rows = rows.exclude(Q(wanted=Wanted.ABSENT) & Q(device__state=DeviceState.RETIRED))
    if trial is not None:
        rows = rows.filter(device__trial=trial)
    other = [row for row in rows.order_by("pk") if wanted_of(row.device, moment, days=days) != row.wanted]
    for row in other:
        _follow(row, moment)
    return len(other)


@transaction.atomic
def _follow(row: Provision, now: datetime) -> None:
    """Under the device's lock: it may be retired at this moment."""
    device = (
        Device.objects.select_for_update(of=("self",)).select_related("trial", "model").get(pk=row.device_id)
    )
    provision_want(device=device, actor=None, now=now)


def follow_job(payload: dict[str, Any]) -> None:
    """``FOLLOW_JOB``: a trial was paused, resumed, ended, or got other days."""
    trial = Trial.objects.filter(pk=payload["trial"]).first()
    if trial is not None:
        provisions_follow(trial=trial)
