"""The job that hands downlinks to the network server, one at a time and in the order they were made.

A server gives its queue items names of its own, so that a crash between its answer and our commit leaves
an item there that we do not know. The client therefore looks into the server's queue first and takes an
item with the same port, bytes and moment of expiry for ours (docs/decisions, “Downlinks once”).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction

from apps.core import clock
from apps.devices.domain.downlinks import downlink_move
from apps.devices.enums import DeviceState, DownlinkReason, DownlinkState, ProvisionState, Wanted
from apps.devices.models import Device, Downlink
from apps.devices.signals import downlink_handed_over
from apps.network.enums import ServerState
from apps.network.integrations.base import ServerAway, ServerRefused
from apps.network.selectors import client_for
from apps.trials.enums import TrialPhase
from apps.trials.rules import OVER

logger = structlog.get_logger(__name__)
#: While somebody else has to do something first.
WAIT: Final = timedelta(minutes=5)
#: While the server is away: 20 s, 40 s, 80 s … up to this.
LONGEST_WAIT: Final = timedelta(minutes=5)


def downlink_job(payload: dict[str, Any]) -> datetime | None:
    """The job's door; safe to call twice. When to call it again, None when nothing is left to do."""
    return downlink_hand_over(device_id=uuid.UUID(payload["device"]))


@transaction.atomic
def downlink_hand_over(*, device_id: uuid.UUID, now: datetime | None = None) -> datetime | None:
    """Hand the oldest waiting downlink of a device over; when to try again if that must wait.

    The rows stay locked during the call to the server (a few seconds at most), so that two workers keep
    the order and a cancellation is refused rather than lost.
    """
    moment = now or clock.now()
    row = _oldest(device_id, moment)
    if row is None:
        return None
    if row.next_try_at is not None and row.next_try_at > moment:
        return row.next_try_at
    reason = _obstacle(row.device, moment)
    if reason == DownlinkReason.OVER:
        downlink_move(row=row, to=DownlinkState.FAILED, reason=reason)
        return None
    if reason is not None:
        return _wait(row, reason, "", moment + WAIT)
    return _send(row, moment)


def _oldest(device_id: uuid.UUID, now: datetime) -> Downlink | None:
    """The oldest that waits here, all of them locked; those whose time is over are marked."""
    waiting = Downlink.objects.filter(device=device_id, state=DownlinkState.QUEUED)
    rows = waiting.select_for_update(of=("self",)).order_by("created_at", "pk")
    for row in rows.select_related("device__trial", "device__provision__server"):
        if row.expires_at > now:
            return row
        downlink_move(row=row, to=DownlinkState.EXPIRED, reason=row.reason)
    return None


def _obstacle(device: Device, now: datetime) -> DownlinkReason | None:
    """Why nothing can be handed over for ``device`` now; ``OVER`` is for good."""
    phase = device.trial.phase(now)
    if device.state == DeviceState.RETIRED or phase in OVER:
        return DownlinkReason.OVER
    if device.state != DeviceState.ACTIVE or phase != TrialPhase.RUNNING:
        return DownlinkReason.PAUSED
    provision = getattr(device, "provision", None)
    if provision is None or provision.wanted != Wanted.PRESENT or provision.state != ProvisionState.DONE:
        return DownlinkReason.NOT_THERE
    return None if provision.server.state == ServerState.ACTIVE else DownlinkReason.AWAY


def _send(row: Downlink, now: datetime) -> datetime | None:
    try:
        with client_for(row.device.provision.server) as client:
            remote_id = client.downlink_queue(
                row.device.dev_eui,
                f_port=row.f_port,
                data=bytes(row.data),
                confirmed=row.confirmed,
                expires_at=row.expires_at,
                id=str(row.pk),
            )
    except ServerAway as error:
        seconds = 20 * 2 ** min(row.attempts, 8)
        return _wait(
            row, DownlinkReason.AWAY, str(error), now + min(timedelta(seconds=seconds), LONGEST_WAIT)
        )
    except ServerRefused as error:
        logger.warning("downlink_refused", downlink=str(row.pk), error=str(error)[:200])
        downlink_move(row=row, to=DownlinkState.FAILED, reason=DownlinkReason.REFUSED, fault=str(error))
        return None
    downlink_move(row=row, to=DownlinkState.HANDED, remote_id=remote_id[:64], taken_at=now)
    downlink_handed_over.send(sender=Downlink, downlink=row)
    return None


def _wait(row: Downlink, reason: DownlinkReason, fault: str, again: datetime) -> datetime:
    """Keep why ``row`` waits; it is looked at again at ``again``, and once when it expires."""
    row.reason, row.fault = reason, fault[:300]
    row.attempts += reason == DownlinkReason.AWAY
    row.next_try_at = min(again, row.expires_at)
    row.save(update_fields=["reason", "fault", "attempts", "next_try_at", "updated_at"])
    return row.next_try_at
