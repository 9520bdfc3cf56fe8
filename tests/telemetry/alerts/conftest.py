"""A trial with a device of the cast's organization, and what happens to it."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.devices.models import Device
from apps.outbox.models import Message
from apps.telemetry.domain import partitions
from apps.telemetry.domain.alerts import Wish, alert_rule_save, alert_rule_switch
from apps.telemetry.domain.alerts_live import alerts_follow
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.enums import AlertKind, DecodeState, Direction
from apps.telemetry.models import AlertRule, DeviceEvent, DeviceLatest, Uplink
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory

_count = itertools.count(1)
HIGH = {"field": "level", "direction": Direction.ABOVE, "limit": 1.5, "release": 1.2}


@dataclass
class Scene:
    """``now`` is the present of the scene; every reading is told to the follower at once."""

    cast: Cast
    trial: Trial
    device: Device
    now: datetime
    told: list[Message] = field(default_factory=list)

    def rule(self, kind: str = AlertKind.THRESHOLD, *, on: bool = True, **more: Any) -> AlertRule:
        values = {
            "name": "水位の見張り",
            "people": [self.cast.owner.pk],
            **(HIGH if kind == "threshold" else {}),
            **more,
        }
        rule = alert_rule_save(
            trial=self.trial,
            organization=self.cast.organization,
            actor=self.cast.owner,
            wish=Wish(kind=kind, **values),
            now=self.now,
        )
        if on:
            alert_rule_switch(rule=rule, on=True, untried=True, actor=self.cast.owner, now=self.now)
        return rule

    def at(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def uplink(
        self, minutes: float, level: Any, *, device: Device | None = None, state: str = "decoded"
    ) -> Uplink:
        """A stored uplink, with the latest state; not told yet."""
        device = device or self.device
        common: dict[str, Any] = {
            "time": self.at(minutes), "received_at": self.at(minutes), "deduplication_id": uuid.uuid4(),
            "f_cnt": next(_count), "rssi": -97, "snr": 5.5, "dr": 2, "decode_state": DecodeState(state),
            "values": {"level": level},
        }  # fmt: skip
        latest = DeviceLatest.objects.filter(device=device).first()
        if latest is None or latest.time < common["time"]:
            DeviceLatest.objects.update_or_create(device=device, defaults=common)
        return Uplink.objects.create(
            organization_id=device.organization_id, trial_id=device.trial_id, device_id=device.pk, f_port=1,
            data=b"\x78", **common,
        )  # fmt: skip

    def status(self, minutes: float, **data: Any) -> DeviceEvent:
        return DeviceEvent.objects.create(
            organization_id=self.device.organization_id, event_id=uuid.uuid4(), time=self.at(minutes),
            received_at=self.at(minutes), trial_id=self.device.trial_id, device_id=self.device.pk,
            kind="status", data=data,
        )  # fmt: skip

    def follow(self, *news: Any, now: datetime | None = None) -> None:
        uplinks = [one for one in news if isinstance(one, Uplink)]
        events = [one for one in news if isinstance(one, DeviceEvent)]
        fresh = Fresh(self.cast.organization.pk, uplinks, events)
        alerts_follow(fresh=fresh, now=now or max(one.time for one in news))

    def level(self, minutes: float, level: Any, **more: Any) -> None:
        self.follow(self.uplink(minutes, level, **more))

    def mails(self) -> list[tuple[str, str]]:
        rows = Message.objects.filter(template="telemetry-alert").order_by("created_at", "pk")
        return [(row.to_email, row.subject) for row in rows]


@pytest.fixture
def scene(cast: Cast) -> Scene:
    present = clock.now()
    now = present.replace(hour=3, minute=0, second=0, microsecond=0)
    # Pages know the true present: the scene's is the last noon in Japan, never one that is to come.
    now -= timedelta(days=now > present)
    partitions.partitions_ahead()
    partitions.partitions_ensure(months={partitions.month_of(now)})
    trial = TrialFactory.create(organization=cast.organization)
    return Scene(cast, trial, DeviceFactory.create(trial=trial, name="WL-01"), now)
