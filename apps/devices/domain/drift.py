"""What stands on the network servers and what should: compared every night, kept, mended by staff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from apps.audit.domain import record
from apps.core import clock
from apps.core.site import site_settings
from apps.devices.domain.provisioning import profile_model_of, wanted_of
from apps.devices.enums import DriftKind, ProvisionState, Wanted
from apps.devices.models import Device, Drift, ModelProfile, Provision, ServerApplication
from apps.network.domain import server_heard
from apps.network.integrations.base import (
    Refusal,
    RemoteDevice,
    ServerAway,
    ServerClient,
    ServerError,
    ServerRefused,
)
from apps.network.models import NetworkServer
from apps.network.selectors import client_for

if TYPE_CHECKING:
    from apps.accounts.models import User

#: The outbox job that compares one server now; its payload is ``{"server"}``.
COMPARE_JOB: Final = "devices.compare"
#: Names our locks among all advisory locks.
_LOCK: Final = 0x64726966


@dataclass(frozen=True)
class Ours:
    """A device that should stand on the server. ``application`` is empty before its trial has one there."""

    device: UUID
    dev_eui: str
    profile: str
    application: str
    disabled: bool
    #: Revision and state of its provisioning; None: it was never asked for.
    point: tuple[int, str] | None


@dataclass(frozen=True)
class Difference:
    kind: DriftKind
    dev_eui: str
    device: UUID | None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """``devices``: how many should stand there. ``fault``: why the server could not be compared."""

    server: NetworkServer
    devices: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    new: int = 0
    gone: int = 0
    fault: str = ""


def servers_compare(*, now: datetime | None = None) -> list[Compared]:
    """Compare every server in use that has profiles of models; one that is away does not stop the rest."""
    servers = NetworkServer.objects.active().filter(pk__in=ModelProfile.objects.values("server"))
    return [server_compare(server=server, actor=None, now=now) for server in servers]


def compare_job(payload: dict[str, Any]) -> None:
    """``COMPARE_JOB``: staff want to see it now."""
    server = NetworkServer.objects.filter(pk=payload["server"]).first()
    if server is not None:
        server_compare(server=server, actor=None)


def server_compare(*, server: NetworkServer, actor: User | None, now: datetime | None = None) -> Compared:
    """Ask ``server`` for all devices of our applications and keep where it differs.

    Only what is settled is compared: a device on its way is no difference. A fault of the server is told
    in the answer, and what was known of differences stays.
    """
    moment = now or clock.now()
    ours = _ours(server, moment)
    try:
        with client_for(server) as client:
            there = _there(client, server)
            found = [*_differences(client, ours, there), *_unknown(server, there, ours)]
    except ServerError as error:
        if isinstance(error, ServerAway):
            server_heard(server=server, fault=str(error), now=moment)
        return Compared(server, fault=str(error))
    server_heard(server=server, fault="", now=moment)
    return _keep(server, found, ours, actor, moment)


def _ours(server: NetworkServer, now: datetime) -> list[Ours]:
    """What should stand on ``server`` now and is settled, or was never asked for though it could be."""
    profiles = dict(ModelProfile.objects.filter(server=server).values_list("model_id", "profile_id"))
    places = dict(ServerApplication.objects.filter(server=server).values_list("trial_id", "remote_id"))
    days = site_settings().devices_delete_after_days
    rows: list[Ours] = []
    settled = Provision.objects.filter(server=server, state=ProvisionState.DONE).select_related(
        "device__model"
    )
    for row in settled.exclude(wanted=Wanted.ABSENT).order_by("device__dev_eui"):
        off = row.wanted == Wanted.DISABLED
        rows.append(_our(row.device, profiles, places, off, (row.revision, row.state)))
    known = Q(model__in=profiles) | Q(model__base__in=profiles)
    others = Device.objects.counted().filter(known, provision=None).select_related("trial", "model")
    for device in others.order_by("dev_eui"):
        if wanted_of(device, now, days=days) == Wanted.PRESENT:
            rows.append(_our(device, profiles, places, False, None))
    return rows


def _our(
    device: Device,
    profiles: dict[UUID, str],
    places: dict[UUID, str],
    disabled: bool,
    point: tuple[int, str] | None,
) -> Ours:
    model = profile_model_of(device)
    profile = profiles.get(model, "") if model else ""
    return Ours(device.pk, device.dev_eui, profile, places.get(device.trial_id, ""), disabled, point)


def _there(client: ServerClient, server: NetworkServer) -> dict[str, RemoteDevice]:
    """All devices of our applications by DevEUI. An application that is gone there has none."""
    found: dict[str, RemoteDevice] = {}
    for remote_id in ServerApplication.objects.filter(server=server).values_list("remote_id", flat=True):
        try:
            found.update({row.dev_eui: row for row in client.devices(remote_id)})
        except ServerRefused as error:
            if error.reason != Refusal.NOT_FOUND:
                raise
    return found


def _differences(
    client: ServerClient, ours: list[Ours], there: dict[str, RemoteDevice]
) -> Iterator[Difference]:
    """Device by device, asked for itself: lists leave out keys and whether it is switched off."""
    names = {row.profile_id: row.name for row in client.profiles()}
    for one in ours:
        remote = client.device(one.dev_eui)
        if remote is None:
            if not one.disabled:
                yield Difference(DriftKind.MISSING_THERE, one.dev_eui, one.device)
            continue
        if remote.application_id != one.application:
            detail = {"application": remote.application_id}
            yield Difference(DriftKind.OTHER_PLACE, one.dev_eui, one.device, detail)
            continue
        yield from _inside(one, remote, names)


def _inside(one: Ours, remote: RemoteDevice, names: dict[str, str]) -> Iterator[Difference]:
    if remote.has_keys is False and not one.disabled:
        yield Difference(DriftKind.MISSING_THERE, one.dev_eui, one.device, {"keys": False})
    if one.profile and remote.profile_id != one.profile:
        detail = {
            "there": names.get(remote.profile_id, remote.profile_id),
            "here": names.get(one.profile, one.profile),
        }
        yield Difference(DriftKind.OTHER_PROFILE, one.dev_eui, one.device, detail)
    if remote.disabled is not None and remote.disabled != one.disabled:
        yield Difference(DriftKind.SWITCHED, one.dev_eui, one.device, {"off_there": remote.disabled})


def _unknown(server: NetworkServer, there: dict[str, RemoteDevice], ours: list[Ours]) -> Iterator[Difference]:
    known = _wished(server) | {one.dev_eui for one in ours}
    gone = dict(
        Provision.objects.filter(server=server, wanted=Wanted.ABSENT).values_list(
            "device__dev_eui", "device_id"
        )
    )
    for dev_eui in sorted(set(there) - known):
        detail = {"name": there[dev_eui].name[:80]}
        yield Difference(DriftKind.UNKNOWN_HERE, dev_eui, gone.get(dev_eui), detail)


def _wished(server: NetworkServer) -> set[str]:
    """DevEUIs that are on their way to or from ``server``, or stand there for a device of ours."""
    rows = Provision.objects.filter(server=server)
    rows = rows.exclude(wanted=Wanted.ABSENT, state=ProvisionState.DONE)
    return set(rows.values_list("device__dev_eui", flat=True))


@transaction.atomic
def _keep(
    server: NetworkServer, found: list[Difference], ours: list[Ours], actor: User | None, now: datetime
) -> Compared:
    """Keep what is still true: a device that changed while the server was asked is left for next time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(server.pk)])
    rows = Provision.objects.filter(server=server).values_list("device_id", "revision", "state")
    points = {device: (revision, state) for device, revision, state in rows}
    moved = {one.device for one in ours if points.get(one.device) != one.point}
    wished = _wished(server)
    true = [
        row
        for row in found
        if (row.dev_eui not in wished if row.kind == DriftKind.UNKNOWN_HERE else row.device not in moved)
    ]
    known = {(row.dev_eui, row.kind): row for row in Drift.objects.filter(server=server, closed_at=None)}
    new = [row for row in true if not _seen_again(known.pop((row.dev_eui, row.kind.value), None), row, now)]
    Drift.objects.bulk_create(
        Drift(
            server=server,
            dev_eui=row.dev_eui,
            device_id=row.device,
            kind=row.kind,
            detail=row.detail,
            seen_at=now,
        )
        for row in new
    )
    gone = [row.pk for row in known.values() if row.device_id not in moved]
    Drift.objects.filter(pk__in=gone).update(closed_at=now)
    kinds = dict(Counter(row.kind.value for row in true))
    data = {"devices": len(ours), "new": len(new), "gone": len(gone), **kinds}
    record(action="devices.compare", actor=actor, target=server, data=data)
    return Compared(server, len(ours), kinds, len(new), len(gone))


def _seen_again(row: Drift | None, found: Difference, now: datetime) -> bool:
    if row is None:
        return False
    row.seen_at, row.detail, row.device_id = now, found.detail, found.device
    row.save(update_fields=["seen_at", "detail", "device_id", "updated_at"])
    return True
