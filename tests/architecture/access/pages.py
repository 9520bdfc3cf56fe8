"""The table of pages. A route without a row here fails the sweep."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import (
    EVERYONE,
    MEMBERS,
    NOWHERE,
    WORKERS,
    Row,
    all_get,
)
from tests.architecture.access.world import World


def call(w: World) -> dict[str, Any]:
    return {"code": w.call.code}


def trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def hidden(w: World) -> dict[str, Any]:
    return {"code": w.hidden.code}


def told(w: World) -> dict[str, Any]:
    return {"code": w.told.code}


def company(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def own_trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


MACHINES = [
    Row("core:healthz", EVERYONE),
    Row("core:readyz", EVERYONE),
    Row(
        "core:metrics", EVERYONE
    ),  # the test's client is this machine; tests/core/test_machines.py has the rest
    Row("core:theme", EVERYONE),
    Row("core:logo", NOWHERE),  # none was uploaded
]
PORTAL = [
    Row("portal:home", EVERYONE),
    Row("portal:after-sign-in", all_get(302)),
    Row("portal:styleguide", EVERYONE),
]
TRIALS = [
    Row("trials:trial-list", EVERYONE),
    Row("trials:trial-detail", EVERYONE, trial),
    Row("trials:trial-detail", NOWHERE, hidden, query="?hidden"),
    Row("trials:organization-trials", MEMBERS, company),
    Row("trials:trial-workspace", MEMBERS, own_trial),
]
REPORTS = [
    Row("reports:report-list", EVERYONE),
    Row("reports:report-feed", EVERYONE),
    Row("reports:report-detail", EVERYONE, told),
    Row("reports:report-detail", NOWHERE, trial, query="?draft"),
    Row("reports:report-slot", EVERYONE, told),
    Row("reports:report-edit", WORKERS, own_trial),
    Row("reports:report-check", WORKERS, own_trial),
    Row("reports:report-hand-in", WORKERS, own_trial, method="POST"),
    Row("reports:report-workspace-slot", MEMBERS, own_trial),
]
ROWS = [*MACHINES, *PORTAL, *TRIALS, *REPORTS]
