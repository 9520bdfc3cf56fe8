"""Alerts as it happens: what the courier brings, and what the clock says each minute.

Locks are taken in one order everywhere: webhooks of an organization, then its rules by id, once.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import transaction

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.domain.alert_round import Round
from apps.telemetry.domain.alerts_tell import alerts_tell, webhooks_tell
from apps.telemetry.domain.telling import outlets_of
from apps.telemetry.enums import AlertEnd, AlertKind
from apps.telemetry.models import AlertEpisode, AlertRule, DeviceLatest, News
from apps.telemetry.rules.alert_readings import battery_reading, value_reading
from apps.telemetry.rules.alerting import Reading
from apps.telemetry.selectors.alerts import UNTOLD, is_watched, watched_among, with_devices
from apps.telemetry.selectors.hearing import hearing_since
from apps.telemetry.selectors.states import states_of

if TYPE_CHECKING:
    from apps.telemetry.domain.fresh import Fresh

logger = structlog.get_logger(__name__)
#: News that waits longer says that the courier is behind: what stands is not the present.
BEHIND: Final = timedelta(minutes=1)


def locked_rules(organization_id: uuid.UUID, **only: Any) -> list[AlertRule]:
    """The organization's rules that are on, locked, with what they watch. Two queries."""
    rules = AlertRule.objects.filter(organization_id=organization_id, is_on=True, **only).order_by("pk")
    return list(with_devices(rules.select_for_update(of=("self",))))


def alerts_follow(*, fresh: Fresh, now: datetime) -> None:
    """What began and ended by what is ``fresh``; as many queries for one reading as for a thousand.

    In the courier's transaction.
    """
    told: list[Any] = [*fresh.uplinks, *fresh.events]
    trials = {one.trial_id for one in told}
    rules = [
        rule for rule in locked_rules(fresh.organization_id, trial__in=trials) if is_watched(rule.trial, now)
    ]
    if not rules:
        return
    devices = list(
        Device.objects.seen_whole().filter(pk__in={one.device_id for one in told}).select_related("model")
    )
    turn = Round.load(rules, [device.pk for device in devices])
    readings = _readings(fresh)
    states = _states(rules, devices, now)
    for rule in rules:
        for device in watched_among(rule, devices):
            for reading in _of_rule(rule, device, readings, states, now):
                turn.read(rule, device, reading)
    _finish(turn, now)
    alerts_tell(organization_id=fresh.organization_id, now=now, among=rules)


def alerts_tick(*, now: datetime | None = None) -> int:
    """Silence, states and how long a value lasts, by the clock; then the mails that waited.

    Nothing begins while the portal itself does not hear: neither the ingest nor the courier may be behind.
    Returns how many organizations were looked at.
    """
    now = now or clock.now()
    behind = set(News.objects.filter(made_at__lt=now - BEHIND).values_list("organization_id", flat=True))
    on = AlertRule.objects.filter(is_on=True).values_list("organization_id", flat=True)
    untold = AlertEpisode.objects.filter(UNTOLD).values_list("rule__organization_id", flat=True)
    since = hearing_since(now)
    organizations = sorted({*on.order_by().distinct(), *untold.order_by().distinct()})
    for organization in organizations:
        try:
            _tick(organization, now, None if organization in behind else since)
            alerts_tell(organization_id=organization, now=now)
        except Exception:  # noqa: BLE001, RUF100 -- one organization's odd rule must not stop the others'
            logger.exception("alerts_not_ticked", organization=str(organization))
    return len(organizations)


@transaction.atomic
def _tick(organization_id: uuid.UUID, now: datetime, since: datetime | None) -> None:
    outlets_of(organization_id)
    rules = locked_rules(organization_id)
    watching = [rule for rule in rules if is_watched(rule.trial, now)]
    turn = Round.load(rules)
    devices = list(
        Device.objects.seen_whole()
        .filter(trial__in={rule.trial_id for rule in watching}, organization_id=organization_id)
        .select_related("model")
    )
    watched = {rule.pk: watched_among(rule, devices) for rule in watching}
    _end_unwatched(turn, watched, now)
    if since is not None:
        latest = _latest(watching, watched)
        states = _states(watching, devices, now)
        for rule in watching:
            for device in watched[rule.pk]:
                if rule.kind == AlertKind.STATE:
                    turn.read(rule, device, _state_reading(rule, states[device.pk], now))
                else:
                    heard = latest.get(device.pk) if rule.kind == AlertKind.SILENCE else None
                    turn.pass_time(rule, device, now, since, heard)
    _finish(turn, now)


def _end_unwatched(turn: Round, watched: dict[uuid.UUID, list[Device]], now: datetime) -> None:
    """A device that was paused or moved, a trial that is over: nobody waits for the end any more."""
    for (rule, device), episode in list(turn.open.items()):
        if device not in {one.pk for one in watched.get(rule, ())}:
            turn.end(episode, AlertEnd.UNWATCHED, now)


def _latest(rules: Iterable[AlertRule], watched: dict[uuid.UUID, list[Device]]) -> dict[uuid.UUID, datetime]:
    devices = {one.pk for rule in rules if rule.kind == AlertKind.SILENCE for one in watched[rule.pk]}
    if not devices:
        return {}
    return dict(DeviceLatest.objects.filter(device__in=devices).values_list("device_id", "time"))


def _finish(turn: Round, now: datetime) -> None:
    changed = turn.save()
    if changed:
        webhooks_tell(changed=changed, now=now)


def _readings(fresh: Fresh) -> tuple[dict[uuid.UUID, list[Any]], dict[uuid.UUID, list[Any]]]:
    uplinks: dict[uuid.UUID, list[Any]] = defaultdict(list)
    events: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for uplink in fresh.uplinks:
        uplinks[uplink.device_id].append(uplink)
    for event in fresh.events:
        events[event.device_id].append(event)
    return uplinks, events


def _of_rule(
    rule: AlertRule,
    device: Device,
    readings: tuple[dict[uuid.UUID, list[Any]], dict[uuid.UUID, list[Any]]],
    states: dict[uuid.UUID, list[str]],
    now: datetime,
) -> list[Reading]:
    """What the news of ``device`` say to ``rule``, oldest first."""
    uplinks, events = (found.get(device.pk, []) for found in readings)
    if rule.kind == AlertKind.STATE:
        return [_state_reading(rule, states[device.pk], now)]
    if rule.kind == AlertKind.BATTERY:
        return [battery_reading(one.time, one.data) for one in events if one.kind == "status"]
    if rule.kind == AlertKind.SILENCE:
        return [Reading(one.time) for one in uplinks]
    return [value_reading(one.time, one.decode_state, one.values, rule.field) for one in uplinks]


def _states(
    rules: Iterable[AlertRule], devices: Collection[Device], now: datetime
) -> dict[uuid.UUID, list[str]]:
    """The states of ``devices`` if any rule asks for them; five queries then, else none."""
    if not any(rule.kind == AlertKind.STATE for rule in rules):
        return {}
    found = states_of(list(devices), now)
    return {pk: [str(state.code) for state in states] for pk, (_facts, states) in found.items()}


def _state_reading(rule: AlertRule, codes: Iterable[str], now: datetime) -> Reading:
    return Reading(now, state=next((code for code in codes if code in rule.states), ""))
