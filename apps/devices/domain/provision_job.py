"""The work of ``provisioning`` on the network servers. Every step may be repeated; none holds a lock on
a device while it waits for a server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.views.decorators.debug import sensitive_variables

from apps.core import clock
from apps.devices.domain.provisioning import JOB, profile_model_of, provision_move
from apps.devices.enums import ProvisionState, Wanted
from apps.devices.models import Device, Drift, ModelProfile, Provision, ServerApplication
from apps.devices.rules import app_key_decrypt
from apps.network.domain import server_heard
from apps.network.enums import ServerState
from apps.network.integrations.base import (
    DeviceSpec,
    Refusal,
    ServerAway,
    ServerClient,
    ServerRefused,
)
from apps.network.models import NetworkServer
from apps.network.selectors import client_for
from apps.outbox.domain import jobs_wake
from apps.trials.models import Trial

#: Why a provisioning waits, beside the reasons of ``Refusal``.
AWAY: Final = "away"
PAUSED: Final = "paused"
NO_PROFILE: Final = "no_profile"
KEYS: Final = "keys"
#: A server that did not answer is asked by one job in this time; the others wait with it.
REST: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
#: Two jobs of one device: the later waits so long.
_TURN: Final = timedelta(seconds=2)
#: Names our locks among all advisory locks.
_LOCK_DEVICE: Final = 0x70726F76
_LOCK_TRIAL: Final = 0x74726961


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the ``attempts``-th time: 30 s, 1, 2, 4 … at most 15 minutes."""
    doubled: int = 2 ** min(max(attempts, 1) - 1, 10)
    return min(timedelta(seconds=30) * doubled, LONGEST_WAIT)


@transaction.atomic
def provision_job(*, payload: dict[str, Any]) -> datetime | None:
    """``JOB``: bring one device to its server. When to try again, None when there is nothing left to do.

    A job whose revision is not the wished one any more does nothing. While the server is asked only the
    device's advisory lock is held: a device can be retired meanwhile, and the job of that comes after.
    """
    row = Provision.objects.filter(pk=payload["provision"]).select_related("device").first()
    if row is None or row.revision != payload["revision"]:
        return None
    now = clock.now()
    if not _turn(row.device.dev_eui):
        return now + _TURN
    row = Provision.objects.select_related("device__trial", "device__model", "server").get(pk=row.pk)
    if row.revision != payload["revision"] or row.state != ProvisionState.WAITING:
        return None
    if row.server.state == ServerState.PAUSED:
        return _wait(row, PAUSED, "", now)
    if resting(row.server, now):
        return _wait(row, AWAY, row.server.fault, now)
    return _ask(row, str(payload.get("adopt_from", "")), now)


def _ask(row: Provision, adopt_from: str, now: datetime) -> datetime | None:
    try:
        with client_for(row.server) as client:
            _bring(client, row, adopt_from)
    except ServerAway as error:
        server_heard(server=row.server, fault=str(error), now=now)
        return _wait(row, AWAY, str(error), now)
    except ServerRefused as error:
        if error.reason == Refusal.TOKEN:  # not the device's fault: it goes on when staff mend the server
            server_heard(server=row.server, fault=str(error), now=now)
            return _wait(row, Refusal.TOKEN, str(error), now)
        reason = getattr(error, "ours", "") or error.reason
        _settle(row, ProvisionState.REFUSED, now, reason=str(reason), fault=str(error))
        return None
    if server_heard(server=row.server, fault="", now=now):
        jobs_wake(kind=JOB, now=now)
    _settle(row, ProvisionState.DONE, now)
    return None


class NotReady(ServerRefused):
    """Something is missing here; asking the server would make no sense. ``ours`` says what."""

    def __init__(self, ours: str, message: str) -> None:
        super().__init__(message)
        self.ours = ours


def resting(server: NetworkServer, now: datetime) -> bool:
    """Whether ``server`` failed a moment ago, so that asking it would only hold up the others."""
    return bool(server.fault and server.checked_at and now - server.checked_at < REST)


def _turn(dev_eui: str) -> bool:
    """Take the lock of this DevEUI until the transaction ends; False when another job has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_DEVICE, dev_eui])
        return bool(cursor.fetchone()[0])


def _wait(row: Provision, reason: str, fault: str, now: datetime) -> datetime:
    attempts = row.attempts + 1
    _settle(row, ProvisionState.WAITING, now, reason=reason, fault=fault)
    return now + wait_after(attempts)


def _settle(row: Provision, to: ProvisionState, now: datetime, *, reason: str = "", fault: str = "") -> None:
    """Write what came out, unless something else is wanted by now."""
    fresh = Provision.objects.select_for_update().get(pk=row.pk)
    if fresh.revision != row.revision:
        return
    done = {"done_at": now} if to == ProvisionState.DONE else {}
    attempts = fresh.attempts + 1
    provision_move(row=fresh, to=to, reason=reason, fault=fault, attempts=attempts, tried_at=now, **done)
    if to == ProvisionState.DONE:
        # Staff who mend one at this moment hold it and wait for our row; theirs is closed by themselves.
        known = Drift.objects.filter(device=row.device_id, server=row.server_id, closed_at=None)
        free = list(known.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Drift.objects.filter(pk__in=free).update(closed_at=now)


def _bring(client: ServerClient, row: Provision, adopt_from: str) -> None:
    device, wanted = row.device, Wanted(row.wanted)
    if wanted == Wanted.ABSENT:
        _take_away(client, row.server, device.dev_eui, but=row)
        return
    if wanted == Wanted.DISABLED and client.device(device.dev_eui) is None:
        return
    profile = ModelProfile.objects.filter(model=profile_model_of(device), server=row.server).first()
    if profile is None:
        if wanted == Wanted.DISABLED:
            client.device_disable(device.dev_eui, True)
            return
        raise NotReady(NO_PROFILE, "No profile of this server is entered for the device's model.")
    application = _application(client, row.server, device.trial)
    try:
        client.device_put(_spec(row, application, profile.profile_id, adopt_from))
    except ServerRefused as error:
        if error.reason != Refusal.NOT_FOUND or not _application_changed(client, application, device.trial):
            raise
        client.device_put(_spec(row, application, profile.profile_id, adopt_from))


def _application(client: ServerClient, server: NetworkServer, trial: Trial) -> ServerApplication:
    """The server application of ``trial``, made if need be: once, though names there need not be unique."""
    found = ServerApplication.objects.filter(server=server, trial=trial).first()
    if found is not None:
        return found
    with connection.cursor() as cursor:
        key = f"{server.pk}{trial.pk}"
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_TRIAL, key])
    found = ServerApplication.objects.filter(server=server, trial=trial).first()
    if found is not None:
        return found
    remote_id = client.application_ensure(trial.code)
    return ServerApplication.objects.create(server=server, trial=trial, remote_id=remote_id)


def _application_changed(client: ServerClient, application: ServerApplication, trial: Trial) -> bool:
    """Someone deleted the application on the server: find or make it anew. False when it is the same."""
    remote_id = client.application_ensure(trial.code)
    if remote_id == application.remote_id:
        return False
    application.remote_id = remote_id
    application.save(update_fields=["remote_id", "updated_at"])
    return True


def our_applications(server: NetworkServer) -> set[str]:
    """The ids of the applications on ``server`` that hold devices of trials."""
    return set(ServerApplication.objects.filter(server=server).values_list("remote_id", flat=True))


@sensitive_variables()
def _spec(row: Provision, application: ServerApplication, profile_id: str, adopt_from: str) -> DeviceSpec:
    device = row.device
    assert device.model is not None  # it has a profile
    ours = our_applications(row.server)
    app_key, nwk_key = _keys(device)
    return DeviceSpec(
        application_id=application.remote_id,
        profile_id=profile_id,
        dev_eui=device.dev_eui,
        join_eui=device.join_eui,
        name=device.name,
        app_key=app_key,
        nwk_key=nwk_key,
        lorawan_version=device.model.lorawan_version,
        disabled=row.wanted == Wanted.DISABLED,
        move_from=frozenset(ours | {adopt_from} if adopt_from else ours),
    )


@sensitive_variables()
def _keys(device: Device) -> tuple[str, str]:
    """AppKey and NwkKey (empty: none kept); raises ``NotReady`` when they cannot be read."""
    sealed = (device.app_key_encrypted, device.nwk_key_encrypted)
    try:
        app, nwk = (
            app_key_decrypt(bytes(part), settings.DEVICE_KEY_SECRETS) if part else "" for part in sealed
        )
    except InvalidToken:
        raise NotReady(KEYS, "The keys cannot be read with the present secrets.") from None
    return app, nwk


def _take_away(client: ServerClient, server: NetworkServer, dev_eui: str, *, but: Provision | None) -> None:
    """Delete a device there, unless another of ours has its DevEUI, or it stands with somebody else."""
    others = Provision.objects.filter(server=server, device__dev_eui=dev_eui).exclude(wanted=Wanted.ABSENT)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        return
    remote = client.device(dev_eui)
    if remote is not None and remote.application_id in our_applications(server):
        client.device_delete(dev_eui)


@transaction.atomic
def take_away_job(*, payload: dict[str, Any]) -> datetime | None:
    """``TAKE_AWAY_JOB``: delete what stands on a server for no device of ours."""
    server = NetworkServer.objects.filter(pk=payload["server"]).first()
    now = clock.now()
    if server is None:
        return None
    dev_eui = str(payload["dev_eui"])
    if not _turn(dev_eui):
        return now + _TURN
    if server.state == ServerState.PAUSED or resting(server, now):
        return now + LONGEST_WAIT / 5
    try:
        with client_for(server) as client:
            _take_away(client, server, dev_eui, but=None)
    except ServerAway as error:
        server_heard(server=server, fault=str(error), now=now)
        return now + LONGEST_WAIT / 5
    server_heard(server=server, fault="", now=now)
    return None
