"""New readings and device events as messages for the webhooks of their organization."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.devices.models import Device
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.enums import LATER, NewsKind
from apps.telemetry.models import DeviceEvent, Uplink, WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_body import bodies_of, body_of
from apps.trials.models import Trial


@dataclass(frozen=True)
class Outlet:
    """An endpoint that is on. ``trials`` empty: all of the organization's."""

    id: uuid.UUID
    organization_id: uuid.UUID
    kinds: frozenset[str]
    trials: frozenset[uuid.UUID]

    def hears(self, kind: NewsKind, trial: uuid.UUID | None) -> bool:
        return kind in self.kinds and (not self.trials or trial is None or trial in self.trials)


def outlets_of(*organizations: uuid.UUID) -> list[Outlet]:
    """The organizations' endpoints that are on, locked: none goes away before its messages are there."""
    endpoints = WebhookEndpoint.objects.filter(organization__in=organizations, is_active=True).order_by("pk")
    locked = list(endpoints.select_for_update(no_key=True, of=("self",)).prefetch_related("trials"))
    return [
        Outlet(
            one.pk,
            one.organization_id,
            frozenset(one.kinds),
            frozenset(trial.pk for trial in one.trials.all()),
        )
        for one in locked
    ]


def webhooks_follow(*, freshes: Sequence[Fresh], now: datetime) -> int:
    """Messages for what is fresh, under 20 kB each; returns how many. In the caller's transaction.

    As many queries for one organization as for a hundred.
    """
    outlets = outlets_of(*(fresh.organization_id for fresh in freshes)) if freshes else []
    heard = {outlet.organization_id for outlet in outlets}
    known = devices_told(one for fresh in freshes if fresh.organization_id in heard for one in fresh.told)
    messages = [
        message
        for fresh in freshes
        for message in _messages(
            fresh, [o for o in outlets if o.organization_id == fresh.organization_id], known, now
        )
    ]
    WebhookMessage.objects.bulk_create(messages, batch_size=200)
    return len(messages)


def _messages(
    fresh: Fresh, outlets: Sequence[Outlet], devices: DevicesTold, now: datetime
) -> list[WebhookMessage]:
    if not outlets:
        return []
    uplinks = [uplink for uplink in fresh.uplinks if uplink.decode_state not in LATER]
    told = [
        (NewsKind.UPLINK, "uplinks", [(one.trial_id, uplink_told(one, devices)) for one in uplinks]),
        (NewsKind.EVENT, "events", [(one.trial_id, event_told(one, devices)) for one in fresh.events]),
    ]
    return [
        message_of(outlet.id, kind, body, now)
        for kind, name, items in told
        for outlet in outlets
        for body in _bodies(outlet, kind, name, items, fresh.organization_id, now)
    ]


def _bodies(
    outlet: Outlet,
    kind: NewsKind,
    name: str,
    items: Sequence[tuple[uuid.UUID, dict[str, Any]]],
    organization_id: uuid.UUID,
    now: datetime,
) -> Iterable[bytes]:
    heard = [item for trial, item in items if outlet.hears(kind, trial)]
    frame = {"organization": organization_id}
    return bodies_of(kind=kind.value, name=name, items=heard, frame=frame, at=now)


def message_of(
    endpoint: uuid.UUID, kind: NewsKind | str, body: bytes, now: datetime, **more: Any
) -> WebhookMessage:
    """A message that is due at once; not saved."""
    return WebhookMessage(endpoint_id=endpoint, kind=kind, body=body, made_at=now, due_at=now, **more)


def webhook_queue(
    *,
    organization: Any,
    kind: NewsKind,
    data: dict[str, Any],
    now: datetime,
    trial: uuid.UUID | None = None,
) -> int:
    """One message with ``data`` to each endpoint that wants ``kind`` (of ``trial``); returns how many.

    ``organization``: an ``Organization`` or its id. Call it in the transaction of the fact it tells of.
    """
    organization_id = getattr(organization, "pk", organization)
    frame = {"organization": organization_id, **data}
    body = body_of(kind=kind.value, data=frame, at=now)
    heard = [outlet for outlet in outlets_of(organization_id) if outlet.hears(kind, trial)]
    WebhookMessage.objects.bulk_create([message_of(outlet.id, kind, body, now) for outlet in heard])
    return len(heard)


@dataclass(frozen=True)
class DevicesTold:
    """Devices as messages name them; one that is gone is not among them."""

    devices: Mapping[uuid.UUID, dict[str, Any]]
    codes: Mapping[uuid.UUID, str]

    def of(self, told: Uplink | DeviceEvent) -> dict[str, Any] | None:
        """The device of ``told``, with the number of the trial in which that came; None when it is gone."""
        known = self.devices.get(told.device_id)
        return known and {**known, "trial": self.codes.get(told.trial_id, "")}


def devices_told(told: Iterable[Uplink | DeviceEvent]) -> DevicesTold:
    """The devices of ``told`` and the trials in which it came. Two queries, none for nothing."""
    told = list(told)
    if not told:
        return DevicesTold({}, {})
    rows = Device.objects.filter(pk__in={one.device_id for one in told}).order_by()
    codes = Trial.objects.filter(pk__in={one.trial_id for one in told}).order_by()
    return DevicesTold(
        {
            pk: {"id": pk, "dev_eui": eui, "name": name}
            for pk, eui, name in rows.values_list("pk", "dev_eui", "name")
        },
        dict(codes.values_list("pk", "code")),
    )


def uplink_told(uplink: Uplink, devices: DevicesTold) -> dict[str, Any]:
    """An uplink under the API's names, with its device; ``rx`` is ``rxInfo`` as it came."""
    return {
        "device": devices.of(uplink) or {"id": uplink.device_id},
        "deduplication_id": uplink.deduplication_id,
        "time": uplink.time,
        "received_at": uplink.received_at,
        "f_cnt": uplink.f_cnt,
        "f_port": uplink.f_port,
        "data_rate": uplink.dr,
        "frequency": uplink.frequency,
        "rssi": uplink.rssi,
        "snr": uplink.snr,
        "gateway_count": uplink.gateway_count,
        "data_hex": bytes(uplink.data).hex(),
        "decode_state": uplink.decode_state,
        "values": uplink.values,
        "warnings": uplink.warnings,
        "rx": uplink.rx,
    }


def event_told(event: DeviceEvent, devices: DevicesTold) -> dict[str, Any]:
    """A device event under the names of the device page, with its device."""
    return {
        "device": devices.of(event) or {"id": event.device_id},
        "event_id": event.event_id,
        "time": event.time,
        "received_at": event.received_at,
        "kind": event.kind,
        "level": event.level,
        "code": event.code,
        "data": event.data,
    }
