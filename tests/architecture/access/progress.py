"""The rows of steps, notes and risks of a trial, and of the council's sheet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.trials.models import Milestone, Risk
from tests.architecture.access.table import MEMBERS, STAFF, WORKERS, Row, all_get
from tests.architecture.access.world import World


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def step(w: World) -> dict[str, Any]:
    values = {"title": "設置", "due_on": clock.local_date() + timedelta(days=9)}
    return {**trial(w), "pk": Milestone.objects.create(trial=w.trial, **values).pk}


def risk(w: World) -> dict[str, Any]:
    values = {"title": "雪で届かない", "scope": "見回りの2人", "author": w.cast.owner}
    return {**trial(w), "pk": Risk.objects.create(trial=w.trial, **values).pk}


def own(w: World) -> dict[str, Any]:
    return {"pk": w.trial.pk}


def own_step(w: World) -> dict[str, Any]:
    return {"pk": w.trial.pk, "row": step(w)["pk"]}


def own_risk(w: World) -> dict[str, Any]:
    return {"pk": w.trial.pk, "row": risk(w)["pk"]}


DONE = WORKERS.but(colleague=302, owner=302)
REFUSED = WORKERS.but(colleague=422, owner=422)
POST_ONLY = all_get(405).but(anonymous=302)
PAGES = [
    Row("trials:progress", MEMBERS, trial),
    Row("trials:progress", REFUSED, trial, method="POST"),
    Row("trials:progress-slot", MEMBERS, trial),
    Row("trials:milestone-new", WORKERS, trial),
    Row("trials:milestone-new", REFUSED, trial, method="POST"),
    Row("trials:milestone-edit", WORKERS, step),
    Row("trials:milestone-edit", REFUSED, step, method="POST"),
    Row("trials:milestone-act", POST_ONLY, lambda w: {**step(w), "act": "done"}),
    Row("trials:milestone-act", DONE, lambda w: {**step(w), "act": "done"}, method="POST"),
    Row("trials:risk-new", WORKERS, trial),
    Row("trials:risk-new", REFUSED, trial, method="POST"),
    Row("trials:risk-edit", WORKERS, risk),
    Row("trials:risk-edit", REFUSED, risk, method="POST"),
    Row("trials:risk-state", POST_ONLY, risk),
    Row("trials:risk-state", DONE, risk, method="POST", data=lambda w: {"state": "happened"}),
]
_PREFIX = "admin:trials_counciltrial_"
ACTS = [
    Row(f"{_PREFIX}pdf", STAFF),
    Row(f"{_PREFIX}csv", STAFF),
    Row(f"{_PREFIX}progress", STAFF, own),
    Row(f"{_PREFIX}progress", STAFF.but(staff=422), own, method="POST"),
    Row(f"{_PREFIX}milestone_new", STAFF, own),
    Row(f"{_PREFIX}milestone_new", STAFF.but(staff=422), own, method="POST"),
    Row(f"{_PREFIX}milestone", STAFF, own_step),
    Row(f"{_PREFIX}milestone", STAFF.but(staff=422), own_step, method="POST"),
    Row(f"{_PREFIX}milestone_act", STAFF.but(staff=405), lambda w: {**own_step(w), "act": "done"}),
    Row(
        f"{_PREFIX}milestone_act",
        STAFF.but(staff=302),
        lambda w: {**own_step(w), "act": "remove"},
        method="POST",
    ),
    Row(f"{_PREFIX}risk_new", STAFF, own),
    Row(f"{_PREFIX}risk_new", STAFF.but(staff=422), own, method="POST"),
    Row(f"{_PREFIX}risk", STAFF, own_risk),
    Row(f"{_PREFIX}risk", STAFF.but(staff=422), own_risk, method="POST"),
    Row(f"{_PREFIX}risk_state", STAFF.but(staff=405), own_risk),
    Row(f"{_PREFIX}risk_state", STAFF.but(staff=302), own_risk, method="POST"),
]
