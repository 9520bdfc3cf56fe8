"""The facts behind the states and links of many devices: few queries, however many devices."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from apps.core import clock
from apps.devices.models import CodecVersion, Device, Provision
from apps.devices.selectors import LinkFact, StateFact
from apps.devices.selectors.provisioning import seen_by_company
from apps.telemetry.models import DeviceCondition, DeviceHour
from apps.telemetry.rules.link import HourHeard, Link, link_grade, link_of
from apps.telemetry.rules.rhythm import LEARNT_FROM, Moment, Rhythm, rhythm_of
from apps.telemetry.rules.states import Facts, State, state_of
from apps.telemetry.selectors.sight import conditions_of, latest_of, parted
from apps.trials.models import Trial

#: Hours that the link of a device in a list and in the API is judged by.
LINK_HOURS = 24


def facts_of(devices: Sequence[Device], now: datetime) -> dict[uuid.UUID, Facts]:
    """What is known of each of ``devices`` (with their models loaded). Five queries."""
    pks = [device.pk for device in devices]
    trials = Trial.objects.in_bulk({device.trial_id for device in devices})
    moments = _moments(devices)
    conditions = conditions_of(devices)
    provisions = {row.device_id: row for row in Provision.objects.filter(device__in=pks)}
    codecs = _codecs({device.model_id for device in devices if device.model_id})
    none, free = DeviceCondition(), Provision()
    found = {}
    for device in devices:
        about, place = conditions.get(device.pk, none), provisions.get(device.pk)
        provision, fault = seen_by_company(place)
        codec, stopped_at = codecs.get(device.model_id, ("", None))
        found[device.pk] = Facts(
            now=now,
            registration=device.state,
            trial_phase=trials[device.trial_id].phase(now),
            interval=device.uplink_interval,
            moments=moments.get(device.pk, ()),
            model=str(device.model or ""),
            codec=codec,
            codec_stopped_at=stopped_at,
            moved_at=device.joined_trial_at if device.sight else None,
            joined_at=about.joined_at,
            keys_wrong_at=about.keys_wrong_at,
            nonce_used_at=about.nonce_used_at,
            counter_reset_at=about.counter_reset_at,
            battery=about.battery,
            battery_at=about.status_at,
            provision=provision,
            wanted=(place or free).wanted,
            fault=fault,
            tried_at=(place or free).tried_at,
            provisioned_at=(place or free).done_at,
        )
    return found


#: The newest uplinks of each device, as arrays: one round trip, one index range for each device.
_MOMENTS = """
SELECT l.device_id, r.times, r.counts, r.sessions, r.states
FROM telemetry_devicelatest l, LATERAL (
    SELECT
        array_agg(extract(epoch FROM u.time)::float8) AS times,
        array_agg(u.f_cnt) AS counts,
        array_agg(u.dev_addr) AS sessions,
        array_agg(u.decode_state) AS states
    FROM (
        SELECT time, f_cnt, dev_addr, decode_state FROM telemetry_uplink
        WHERE device_id = l.device_id AND time <= l.time AND time > l.time - interval '30 days' {condition}
        ORDER BY time DESC LIMIT %s
    ) u
) r
WHERE l.device_id = ANY(%s::uuid[])
"""


def _moments(devices: Sequence[Device]) -> dict[uuid.UUID, list[Moment]]:
    """One query, and one for each of which only a part is seen (``Device.sight``)."""
    whole, partly = parted(devices)
    with connection.cursor() as cursor:
        cursor.execute(_MOMENTS.format(condition=""), [LEARNT_FROM, whole])
        found = {row[0]: _of_arrays(*row[1:]) for row in cursor.fetchall()}
        for device in partly:
            assert device.sight is not None
            trial, since = device.sight.trial, device.sight.since
            seen = "AND trial_id = %s AND time >= coalesce(%s::timestamptz, '-infinity')"
            cursor.execute(_MOMENTS.format(condition=seen), [trial, since, LEARNT_FROM, [device.pk]])
            found |= {row[0]: _of_arrays(*row[1:]) for row in cursor.fetchall()}
    return found


def rhythms_of(devices: Sequence[Device]) -> dict[uuid.UUID, Rhythm]:
    """How often each of ``devices`` sends. One query."""
    moments = _moments(devices)
    return {device.pk: rhythm_of(moments.get(device.pk, ()), device.uplink_interval) for device in devices}


def _of_arrays(times: Any, counts: Any, sessions: Any, states: Any) -> list[Moment]:
    rows = zip(times or (), counts or (), sessions or (), states or (), strict=True)
    return [
        Moment(datetime.fromtimestamp(time, UTC), f_cnt, dev_addr, state)
        for time, f_cnt, dev_addr, state in rows
    ]


def _codecs(models: Collection[uuid.UUID]) -> Mapping[Any, tuple[str, datetime | None]]:
    """State of the version of each of ``models`` that decodes."""
    newest = CodecVersion.objects.standing().filter(model__in=models).distinct("model")
    return {
        model: (state, stopped)
        for model, state, stopped in newest.values_list("model", "state", "stopped_at")
    }


def states_of(
    devices: Sequence[Device], now: datetime | None = None
) -> dict[uuid.UUID, tuple[Facts, list[State]]]:
    """Facts and states of each of ``devices``."""
    facts = facts_of(devices, now or clock.now())
    return {pk: (row, state_of(row)) for pk, row in facts.items()}


def device_states(devices: Sequence[Device]) -> dict[uuid.UUID, StateFact]:
    """The fact ``device.state``: what the list and the API of devices tell."""
    return {pk: _fact(facts, states) for pk, (facts, states) in states_of(devices).items()}


def _fact(facts: Facts, states: Sequence[State]) -> StateFact:
    first, others = states[0], states[1:]
    return StateFact(
        code=first.code,
        severity=first.severity,
        sign=str(first.sign),
        label=first.label,
        text=first.text,
        to_do=first.to_do,
        since=first.since,
        last_at=facts.last,
        others=[state.label for state in others if state.needs_attention],
    )


def links_of(
    devices: Iterable[Device], hours: int = LINK_HOURS, now: datetime | None = None
) -> dict[uuid.UUID, Link]:
    """The link of each of ``devices`` over the last ``hours``. Three queries."""
    since = (now or clock.now()) - timedelta(hours=hours)
    known = {device.pk: device for device in devices}
    rows: dict[uuid.UUID, list[HourHeard]] = defaultdict(list)
    heard = DeviceHour.objects.filter(device_id__in=known, hour__gt=since - timedelta(hours=1)).order_by()
    for pk, *values in heard.values_list("device_id", *_HOUR):
        sight = known[pk].sight
        if sight is None or sight.covers_all(values[0], values[0] + timedelta(hours=1)):
            rows[pk].append(HourHeard(*values))
    latest, told, none = latest_of(known.values()), conditions_of(known.values()), DeviceCondition()
    return {
        pk: link_of(
            rows[pk],
            data_rate=latest[pk].dr if pk in latest else None,
            battery=told.get(pk, none).battery,
            external_power=told.get(pk, none).external_power,
            margin=told.get(pk, none).margin,
        )
        for pk in known
    }


_HOUR = (
    "hour", "uplinks", "dev_addr", "f_cnt_low", "f_cnt_high", "session_uplinks", "rssi_best", "snr_best",
    "gateways",
)  # fmt: skip


def device_links(devices: Sequence[Device]) -> dict[uuid.UUID, LinkFact]:
    """The fact ``device.link``: the last 24 hours, for the API of devices."""
    return {
        pk: LinkFact(
            grade=link_grade(link),
            hours=LINK_HOURS,
            uplinks=link.uplinks,
            expected=link.expected,
            loss_percent=None if link.loss is None else round(link.loss, 1),
            rssi=link.rssi,
            snr=link.snr,
            gateways=link.gateways,
            data_rate=link.data_rate,
            battery=link.battery,
            external_power=link.external_power,
            margin=link.margin,
        )
        for pk, link in links_of(devices).items()
    }
