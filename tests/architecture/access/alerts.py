"""Rows of the table: alert rules and alerts of a trial."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.telemetry.models import AlertEpisode, AlertRule
from tests.architecture.access.table import MEMBERS, WORKERS, Row, all_get
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
GET_ONLY = all_get(405).but(anonymous=302)
UNKNOWN = WORKERS.but(owner=404, colleague=404)


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def _rule(w: World) -> AlertRule:
    found = AlertRule.objects.filter(trial=w.trial).first()
    if found is not None:
        return found
    made = AlertRule.objects.create(
        organization=w.cast.organization,
        trial=w.trial,
        name="水位",
        kind="threshold",
        field="level",
        direction="above",
        limit=1.5,
        tried_at=clock.now(),
    )
    made.people.add(w.cast.owner)
    return made


def rule(w: World) -> dict[str, Any]:
    return {**trial(w), "pk": _rule(w).pk}


def kind(w: World) -> dict[str, Any]:
    return {**trial(w), "kind": "silence"}


def episode(w: World) -> dict[str, Any]:
    row = AlertEpisode.objects.filter(rule=_rule(w)).first() or AlertEpisode.objects.create(
        rule=_rule(w), device=w.device, began_at=clock.now() - timedelta(hours=1), value=1.6, worst=1.7
    )
    return {**trial(w), "pk": row.pk}


def device(w: World) -> dict[str, Any]:
    episode(w)
    return {"organization": w.company, "pk": w.device.pk}


def with_alert(w: World) -> dict[str, Any]:
    episode(w)
    return trial(w)


ROWS: list[Row] = [
    Row("telemetry:alert-list", MEMBERS, trial),
    Row("telemetry:alerts-slot", MEMBERS, with_alert),
    Row("telemetry:alerts-link", MEMBERS, trial),
    Row("telemetry:device-alerts", MEMBERS, device),
    Row("telemetry:alert-new", WORKERS, trial),
    Row("telemetry:alert-make", WORKERS, kind),
    Row("telemetry:alert-make", REFUSED, kind, method="POST"),
    Row("telemetry:alert-make", all_get(404).but(anonymous=302), lambda w: {**trial(w), "kind": "x"}),
    Row("telemetry:alert-rule", MEMBERS, rule),
    Row("telemetry:alert-rule", MEMBERS, rule, query="?days=7"),
    Row("telemetry:alert-edit", WORKERS, rule),
    Row("telemetry:alert-edit", REFUSED, rule, method="POST"),
    Row("telemetry:alert-switch", GET_ONLY, rule),
    Row("telemetry:alert-switch", UNKNOWN, rule, method="POST"),
    Row("telemetry:alert-switch", DONE, rule, method="POST", data=lambda w: {"act": "on"}),
    Row("telemetry:alert", MEMBERS, episode),
    Row("telemetry:alert", DONE, episode, method="POST", data=lambda w: {"note": "見に行きます"}),
    Row("telemetry:alert-remove", WORKERS, rule),
    Row("telemetry:alert-remove", DONE, rule, method="POST"),
]
