"""How often a rule would have told in a stretch of the past: the same steps, over what is stored."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db import connection
from django.db.models.fields.json import KeyTransform

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.enums import AlertKind, DecodeState
from apps.telemetry.models import AlertRule, DeviceEvent, Uplink
from apps.telemetry.rules.alert_readings import battery_reading, number_of, value_reading
from apps.telemetry.rules.alerting import Closed, Opened, Reading, Standing, Terms, replay, step
from apps.telemetry.rules.past_states import NOT_KEPT
from apps.telemetry.selectors.alert_past_states import state_readings
from apps.telemetry.selectors.alerts import devices_of_rule, terms_of

#: Days that a rule may be tried on.
STRETCHES: Final = (1, 7, 30)
#: Readings that one try looks at, at most, and alerts that it lists.
MOST_READINGS, MOST_LISTED = 100_000, 100
#: The same of rules on states: each reading is judged with those before it.
MOST_STATES: Final = 20_000
#: A stretch with too many readings is not made shorter than that.
SHORTEST: Final = timedelta(hours=1)


@dataclass(frozen=True)
class PastAlert:
    """An alert that would have been. ``ended_at`` None: it would still be open."""

    device: Device
    began_at: datetime
    ended_at: datetime | None
    value: float | None
    end_value: float | None
    state: str = ""


@dataclass(frozen=True)
class Tried:
    """The outcome of a try. ``cut``: the stretch holds more than is looked at; ``since`` is later then."""

    since: datetime
    until: datetime
    alerts: list[PastAlert]
    devices: int
    readings: int
    cut: bool = False

    @property
    def told(self) -> int:
        """How often it would have told: beginnings and ends."""
        return len(self.alerts) + sum(1 for alert in self.alerts if alert.ended_at is not None)

    @property
    def listed(self) -> list[PastAlert]:
        return self.alerts[:MOST_LISTED]


def rule_tried(rule: AlertRule, *, days: int, now: datetime | None = None) -> Tried:
    """What ``rule`` would have told in the last ``days``; of states only those that ``can_try`` allows."""
    until = now or clock.now()
    since = until - timedelta(days=days)
    devices = devices_of_rule(rule)
    return _tried(terms_of(rule), rule.field, devices, since, until)


def can_try(rule: AlertRule) -> bool:
    """A rule that waits for nothing but states of which nothing is kept has no past."""
    return rule.kind != AlertKind.STATE or len(untold_states(rule)) < len(rule.states)


def untold_states(rule: AlertRule) -> list[str]:
    """The states of ``rule`` that a try leaves out: nothing is kept of their past."""
    return [code for code in rule.states if code in NOT_KEPT] if rule.kind == AlertKind.STATE else []


def _tried(terms: Terms, field: str, devices: Sequence[Device], since: datetime, until: datetime) -> Tried:
    pks = [device.pk for device in devices]
    before = _before(terms, field, pks, since)
    alerts: list[PastAlert] = []
    count = 0
    by_device: dict[uuid.UUID, list[Reading]] = {}
    for pk, rows in groupby(_readings(terms, field, devices, since, until), key=lambda row: row[0]):
        by_device[pk] = [reading for _pk, reading in rows]
        count += len(by_device[pk])
        if count > (MOST_STATES if terms.states else MOST_READINGS) and until - since > SHORTEST:
            short = _tried(terms, field, devices, until - (until - since) / 4, until)
            return Tried(short.since, until, short.alerts, short.devices, short.readings, cut=True)
    for device in devices:
        standing = before.get(device.pk, Standing())
        alerts += _alerts(device, terms, standing, by_device.get(device.pk, ()), since, until)
    alerts.sort(key=lambda alert: alert.began_at, reverse=True)
    return Tried(since, until, alerts, len(devices), count)


def _alerts(
    device: Device,
    terms: Terms,
    standing: Standing,
    readings: Iterable[Reading],
    since: datetime,
    until: datetime,
) -> Iterator[PastAlert]:
    """Alerts of ``device`` that were open somewhere in the stretch."""
    begun: Opened | None = None
    if standing.opened_at is not None:
        begun = Opened(standing.opened_at, standing.value, standing.state)
    for change in replay(terms, readings, until, standing)[1]:
        if isinstance(change, Opened):
            begun = change
        elif begun is not None:
            if change.at >= since:
                yield _past(device, begun, change)
            begun = None
    if begun is not None:
        yield _past(device, begun, None)


def _past(device: Device, begun: Opened, ended: Closed | None) -> PastAlert:
    at, value = (ended.at, ended.value) if ended else (None, None)
    return PastAlert(device, begun.at, at, begun.value, value, begun.state)


def _readings(
    terms: Terms, field: str, watched: Sequence[Device], since: datetime, until: datetime
) -> Iterator[tuple[uuid.UUID, Reading]]:
    """(device, reading) of the stretch by device, oldest first."""
    if terms.kind == AlertKind.STATE:
        yield from state_readings(terms.states, watched, since, until, MOST_STATES)
        return
    devices = [device.pk for device in watched]
    if terms.kind == AlertKind.BATTERY:
        events = DeviceEvent.objects.filter(device_id__in=devices, time__range=(since, until), kind="status")
        for pk, time, data in events.order_by("device_id", "time").values_list("device_id", "time", "data"):
            yield pk, battery_reading(time, data)
        return
    uplinks = Uplink.objects.filter(device_id__in=devices, time__range=(since, until))
    if terms.kind == AlertKind.SILENCE:
        heard = uplinks.order_by("device_id", "time").values_list("device_id", "time")
        for pk, time in heard[: MOST_READINGS + 1]:
            yield pk, Reading(time)
        return
    decoded = uplinks.filter(decode_state=DecodeState.DECODED).order_by("device_id", "time")
    values = decoded.values_list("device_id", "time", KeyTransform(field, "values"))
    for pk, time, value in values[: MOST_READINGS + 1]:
        yield pk, Reading(time, number_of(value))


#: The newest of each device before a moment: one index range for each device and month.
_LAST = """
SELECT d.id, u.time, u.decode_state, u.values FROM unnest(%s::uuid[]) AS d(id), LATERAL (
    SELECT time, decode_state, values FROM telemetry_uplink
    WHERE device_id = d.id AND time < %s AND time > %s::timestamptz - interval '31 days'
    ORDER BY time DESC LIMIT 1
) u
"""


def _before(
    terms: Terms, field: str, devices: Sequence[uuid.UUID], since: datetime
) -> dict[uuid.UUID, Standing]:
    """How devices stood when the stretch began, by the last thing they told before. One query."""
    if terms.kind in (AlertKind.BATTERY, AlertKind.STATE) or not devices:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [list(devices), since, since])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    found = {}
    for pk, time, state, values in rows:
        silent = terms.kind == AlertKind.SILENCE
        reading = Reading(time) if silent else value_reading(time, state, values, field)
        found[pk] = step(terms, Standing(), reading)[0]
    return found


def bars_of(tried: Tried, label: str) -> dict[str, Any]:
    """The bar chart of a try: alerts that began, by day (a single day: by hour)."""
    hourly = tried.until - tried.since <= timedelta(days=1)
    size = timedelta(hours=1) if hourly else timedelta(days=1)
    start = tried.since.astimezone(clock.TOKYO)
    counted: Counter[int] = Counter()
    for alert in tried.alerts:
        if alert.began_at >= tried.since:
            counted[_place(alert.began_at, start, hourly)] += 1
    last = _place(tried.until, start, hourly)
    moments = [start + number * size for number in range(last + 1)]
    return {
        "kind": "bars",
        "unit": label,
        # Short, so that thirty of them find room on a phone.
        "labels": [f"{one.hour}:00" if hourly else f"{one.month}/{one.day}" for one in moments],
        "series": [{"label": label, "values": [counted[number] for number in range(last + 1)]}],
    }


def _place(moment: datetime, start: datetime, hourly: bool) -> int:
    local = moment.astimezone(clock.TOKYO)
    if hourly:
        whole = start.replace(minute=0, second=0, microsecond=0)
        return int((local - whole).total_seconds() // 3600)
    return (local.date() - start.date()).days
