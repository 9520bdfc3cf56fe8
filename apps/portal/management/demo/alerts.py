"""Alert rules of the running trials: one of each kind, and alerts of the past."""

from __future__ import annotations

from datetime import time
from typing import Any

from apps.devices.models import Device
from apps.portal.management.demo.fixture import Fixture
from apps.telemetry.domain.alerts import (
    Wish,
    alert_acknowledge,
    alert_rule_save,
    alert_rule_switch,
    alert_rule_tried,
)
from apps.telemetry.enums import AlertEnd
from apps.telemetry.models import AlertEpisode, AlertRule
from apps.trials.models import Trial

_TERMS = ("kind", "name", "field", "direction", "limit", "release", "minutes", "states", "by_webhook")


def load_alerts(fixture: Fixture) -> int:
    """By the way they are always written; a trial that has rules already is left alone."""
    known = list(AlertRule.objects.values_list("trial__code", flat=True))
    rows = list(fixture.for_new_trials("alerts", known))
    for trial, row in rows:
        _rule(fixture, trial, row)
    return len(rows)


def _rule(fixture: Fixture, trial: Trial, row: dict[str, Any]) -> None:
    actor, owner = fixture.people[row["by"]], fixture.organizations["mizuoto"]
    hours: list[time | None] = [time.fromisoformat(text) for text in row.get("quiet", [])]
    wish = Wish(
        **{name: row[name] for name in _TERMS if name in row},
        people=[fixture.people[email].pk for email in row["people"]],
        quiet_from=hours[0] if hours else None,
        quiet_until=hours[1] if hours else None,
    )
    rule = alert_rule_save(trial=trial, organization=owner, actor=actor, wish=wish, now=fixture.now)
    if row.get("on") == "tried":
        rule = alert_rule_tried(rule=rule, actor=actor, now=fixture.now)
    if "on" in row:
        alert_rule_switch(rule=rule, on=True, untried=row["on"] == "untried", actor=actor, now=fixture.now)
    for past in row.get("past", []):
        _past(fixture, rule, past)


def _past(fixture: Fixture, rule: AlertRule, row: dict[str, Any]) -> None:
    began, ended = fixture.moment(row["began"]), fixture.moment(row["ended"])
    episode = AlertEpisode.objects.create(
        rule=rule,
        device=Device.objects.get(dev_eui=row["device"]),
        began_at=began,
        ended_at=ended,
        end_reason=AlertEnd.BACK,
        told_at=began,
        end_told_at=ended,
        **{name: row[name] for name in ("value", "worst", "end_value")},
    )
    if "acknowledged" in row:
        at = fixture.moment(row["acknowledged"])
        actor = fixture.people["engineer@demo.example"]
        alert_acknowledge(episode=episode, actor=actor, note=row["note"], now=at)
