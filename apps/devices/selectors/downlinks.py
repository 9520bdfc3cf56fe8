"""Reading downlinks: the door to one, those of a device, and what its day still allows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.registry import facts
from apps.core.site import site_settings
from apps.devices.enums import CodecState, DeviceClass, Direction, DownlinkState
from apps.devices.models import CodecExample, CodecVersion, Device, Downlink, DownlinkLimit, DownlinkQuerySet
from apps.devices.rules.downlinks import day_of
from apps.devices.selectors.device import access_device, access_device_by_key, newest_codec

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class DownlinkDay:
    """What may be sent to a device on one day (Asia/Tokyo), and when the next day begins."""

    limit: int
    used: int
    frees_at: datetime

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def downlink_day(device: Device, now: datetime | None = None) -> DownlinkDay:
    """The day of ``device``: its trial's number of downlinks, else the city's. Two queries."""
    begins, ends = day_of(now or clock.now())
    limit = downlinks_a_day([device.trial_id])[device.trial_id]
    used = Downlink.objects.filter(device=device).counted(begins).count()
    return DownlinkDay(limit=limit, used=used, frees_at=ends)


def downlinks_a_day(trials: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many downlinks a device of each of ``trials`` may be sent in a day. One query."""
    own = dict(DownlinkLimit.objects.filter(trial__in=trials).values_list("trial_id", "a_day"))
    usual = site_settings().downlinks_a_day
    return {trial: own.get(trial, usual) for trial in trials}


def downlinks_of(device: Device) -> DownlinkQuerySet:
    """The downlinks of ``device``, the newest first, with who made them; as far back as its reader sees."""
    return _seen(device).select_related("made_by")


def _seen(device: Device) -> DownlinkQuerySet:
    found, sight = Downlink.objects.filter(device=device), device.sight
    if sight is None:
        return found
    stays = Q()
    for since, until in sight.stays:
        stay = Q(created_at__gte=since) if since else Q()
        stays |= stay & Q(created_at__lt=until) if until else stay
    return found.filter(stays)


def access_downlink(
    *, actor: User | Any, organization: uuid.UUID, device: uuid.UUID, pk: uuid.UUID, write: bool = False
) -> Downlink:
    """A downlink of a device that the actor may see (``write``: change); see ``access_device``."""
    found = access_device(actor=actor, organization=organization, pk=device, write=write)
    return _one(found, pk)


def access_downlink_by_key(*, key: ApiKey | Any, device: uuid.UUID, pk: uuid.UUID) -> Downlink:
    """A downlink of a device that ``key`` may see; every other is ``NotFound``."""
    return _one(access_device_by_key(key=key, pk=device), pk)


def _one(device: Device, pk: uuid.UUID) -> Downlink:
    row = _seen(device).filter(pk=pk).select_related("made_by").first()
    if row is None:
        raise NotFound(_("There is no such downlink."))
    row.device = device
    return row


def encoding_codec(device: Device) -> CodecVersion | None:
    """The codec in use of the device's model, if it can make bytes of an object."""
    codec = newest_codec(device.model) if device.model else None
    if codec is None or codec.state != CodecState.ACTIVE or "encodeDownlink" not in codec.script:
        return None
    return codec


def downlink_examples(device: Device) -> list[CodecExample]:
    """Saved examples of what can be sent to devices of this model: ``expected["data"]`` is the object."""
    if device.model_id is None:
        return []
    rows = CodecExample.objects.filter(model=device.model_id, direction=Direction.DOWN)
    return list(rows.exclude(expected__has_key="fails")[:12])


def example_text(example: CodecExample) -> str:
    """The object of a saved example, as it is typed."""
    return orjson.dumps(example.expected.get("data", {})).decode()


@dataclass(frozen=True)
class Listening:
    """When a device hears what is sent to it. ``heard_at`` and ``data_rate`` are None before it sent."""

    always: bool
    heard_at: datetime | None
    data_rate: int | None
    interval_s: int


def listening_of(device: Device) -> Listening:
    """When ``device`` listens. The fact ``device.heard`` maps a pk to (time, data rate) of its newest."""
    heard_at, rate = facts("device.heard", [device]).get(device.pk, (None, None))
    device_class = device.model.device_class if device.model else DeviceClass.A
    return Listening(device_class == DeviceClass.C, heard_at, rate, device.uplink_interval)


def is_waiting(downlink: Downlink, now: datetime) -> bool:
    """Whether something may still become of it: the page asks again."""
    state = downlink.state_at(now)
    waits = (DownlinkState.QUEUED, DownlinkState.HANDED)
    return state in waits or (state == DownlinkState.SENT and downlink.confirmed)
