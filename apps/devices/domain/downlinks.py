"""Writes of downlinks that people and programs ask for: queueing, cancelling, another number a day."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, QuotaFull
from apps.devices.enums import DeviceState, DownlinkReason, DownlinkState
from apps.devices.models import Device, Downlink, DownlinkLimit
from apps.devices.rules.downlinks import LONGEST, PORTS, SHORTEST, TRANSITIONS, checked
from apps.devices.selectors.downlinks import DownlinkDay, downlink_day
from apps.outbox.domain import job_queue
from apps.trials.enums import Access, TrialPhase

if TYPE_CHECKING:
    from apps.accounts.models import User

#: The outbox job that hands the oldest waiting downlink of a device over; its payload is ``{"device"}``.
JOB: Final = "devices.downlink"


@transaction.atomic
def downlink_queue(
    *,
    device: Device,
    actor: User | None,
    data: bytes,
    f_port: int,
    confirmed: bool = False,
    expires_at: datetime | None = None,
    source: dict[str, Any] | None = None,
    api_key_id: uuid.UUID | None = None,
    now: datetime | None = None,
) -> Downlink:
    """Queue ``data`` for ``device``; a job hands it to the network server. It waits a day unless told.

    ``source``: the object the bytes were made from. The day's number is counted with the device locked.
    Raises ``InvalidInput`` by field (``data``, ``f_port``, ``expires_at``), ``NotAllowed``, ``Conflict``
    (``trial_not_running``, ``device_not_active``, ``no_server``) and ``QuotaFull``.
    """
    moment = now or clock.now()
    until = expires_at or moment + timedelta(days=1)
    _check_values(data, f_port, until, moment)
    locked = Device.objects.select_for_update(of=("self",), no_key=True)
    device = locked.select_related("trial", "organization", "provision").get(pk=device.pk)
    _check_device(device, moment)
    day = downlink_day(device, moment)
    if day.used >= day.limit:
        raise day_full(day)
    row = Downlink(
        device=device,
        data=data,
        f_port=f_port,
        confirmed=confirmed,
        expires_at=until,
        source=source,
        made_by=actor,
        api_key_id=api_key_id,
    )
    row.full_clean(exclude=["device", "made_by"])
    row.save()
    job_queue(kind=JOB, payload={"device": str(device.pk)})
    _record("downlink.queue", row, device, actor)
    return row


def _check_values(data: bytes, f_port: int, until: datetime, now: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    try:
        checked(data)
    except ValidationError as error:
        wrong["data"] = error.messages
    if not PORTS[0] <= f_port <= PORTS[1]:
        wrong["f_port"] = [_("Give a port from 1 to 223.")]
    if not now + SHORTEST <= until <= now + LONGEST:
        wrong["expires_at"] = [_("It can wait from one minute to seven days.")]
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)


def _check_device(device: Device, now: datetime) -> None:
    shared = device.trial.participants.filter(organization=device.organization_id, access=Access.MANAGE)
    if not shared.exists():
        raise NotAllowed(_("Your organization may look at this trial but not send to its devices."))
    if device.trial.phase(now) != TrialPhase.RUNNING:
        raise Conflict(
            _("Nothing can be sent to devices now: the trial is not running."), code="trial_not_running"
        )
    if device.state != DeviceState.ACTIVE:
        raise Conflict(
            _("Nothing can be sent to a device that is paused or retired."), code="device_not_active"
        )
    if not hasattr(device, "provision"):
        raise Conflict(
            _("This device stands on no network server that the portal can send through. Ask the city."),
            code="no_server",
        )


def day_full(day: DownlinkDay) -> QuotaFull:
    """The refusal in words. ``data`` holds ``kind``, ``limit``, ``used``, ``free`` and ``frees_at``."""
    frees = clock.short(day.frees_at)
    data = {
        "kind": "downlinks",
        "limit": day.limit,
        "used": day.used,
        "free": day.left,
        "frees_at": day.frees_at.isoformat(),
    }
    if day.limit == 0:
        return QuotaFull(_("Nothing may be sent to devices in this trial."), code="downlinks_full", data=data)
    text = ngettext(
        "A device may be sent %(limit)d downlink a day, and %(used)d was made today. "
        "The next can be made from %(frees)s.",
        "A device may be sent %(limit)d downlinks a day, and %(used)d were made today. "
        "The next can be made from %(frees)s.",
        day.limit,
    )
    return QuotaFull(text % {**data, "frees": frees}, code="downlinks_full", data=data)


@transaction.atomic
def downlink_cancel(
    *,
    downlink: Downlink,
    actor: User | None,
    now: datetime | None = None,
) -> Downlink:
    """Take back what waits here still; doing it twice does it once.

    Raises ``Conflict`` (``downlink_gone``) once the network server has it: it cannot be called back.
    """
    moment = now or clock.now()
    gone = Conflict(_("The network server has it already: it cannot be called back."), code="downlink_gone")
    try:
        with transaction.atomic():
            row = Downlink.objects.select_for_update(of=("self",), nowait=True).get(pk=downlink.pk)
    except OperationalError:  # it is being handed over at this moment
        raise gone from None
    row.device = downlink.device
    if row.state == DownlinkState.CANCELLED:
        return row
    if row.state_at(moment) != DownlinkState.QUEUED:
        raise gone
    downlink_move(row=row, to=DownlinkState.CANCELLED)
    _record("downlink.cancel", row, row.device, actor)
    return row


def downlink_move(
    *,
    row: Downlink,
    to: DownlinkState,
    reason: DownlinkReason | str = "",
    fault: str = "",
    **values: Any,
) -> bool:
    """Bring a locked ``row`` to ``to`` if that is ahead (``TRANSITIONS``); the only writer of its state.

    ``values`` are kept in any case: an older event may tell what a newer one does not.
    """
    for name, value in values.items():
        setattr(row, name, value)
    moves = DownlinkState(row.state) in TRANSITIONS[to]
    if moves:
        row.state, row.reason, row.fault = to, reason, fault.replace("\u0000", "")[:300]
        row.next_try_at = None
    if moves or values:
        row.save()
    return moves


@transaction.atomic
def downlink_limit_save(*, limit: DownlinkLimit, actor: User | None) -> DownlinkLimit:
    """Give the devices of a trial another number of downlinks a day than the city's."""
    limit.full_clean()
    limit.save()
    record(
        action="downlink_limit.save",
        actor=actor,
        target=limit.trial,
        organization_id=limit.trial.organization_id,
        data={"a_day": limit.a_day},
    )
    return limit


@transaction.atomic
def downlink_limit_delete(*, limit: DownlinkLimit, actor: User | None) -> None:
    """Let the city's number hold for the trial again."""
    record(
        action="downlink_limit.delete",
        actor=actor,
        target=limit.trial,
        organization_id=limit.trial.organization_id,
    )
    limit.delete()


def _record(action: str, row: Downlink, device: Device, actor: User | None) -> None:
    record(
        action=action,
        actor=actor,
        target=row,
        organization_id=device.organization_id,
        data={"device": device.dev_eui, "port": row.f_port, "bytes": len(row.data)},
    )
