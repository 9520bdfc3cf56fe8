"""Rows of the table: asking for a change of a trial, and staff's answer."""

from __future__ import annotations

from typing import Any

from apps.trials.models import TrialChange
from tests.architecture.access.table import MEMBERS, STAFF, WORKERS, Row, all_get
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
#: Nothing was asked: whoever may see the trial learns that there is no such request.
NO_REQUEST = MEMBERS.but(owner=404, colleague=404, reader=404, staff=404)


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def change(w: World) -> TrialChange:
    """A request for ten more devices."""
    found, _made = TrialChange.objects.get_or_create(
        trial=w.trial,
        number=1,
        defaults={
            "kinds": ["devices"],
            "organization": w.cast.organization,
            "asked_by": w.cast.owner,
            "reason": "冬の水位も見たい。",
            "proposed": {"devices": 60},
        },
    )
    return found


def request(w: World) -> dict[str, Any]:
    return {**trial(w), "number": change(w).number}


def pk(w: World) -> dict[str, Any]:
    return {"pk": w.trial.pk}


def asked(w: World) -> dict[str, Any]:
    return {"object_id": change(w).pk}


ROWS: list[Row] = [
    Row("trials:change-list", MEMBERS, trial),
    Row("trials:change-new", WORKERS, trial),
    Row("trials:change-new", REFUSED, trial, method="POST"),
    Row("trials:change-detail", MEMBERS, request),
    Row("trials:change-take-back", all_get(405).but(anonymous=302), request),
    Row("trials:change-take-back", WORKERS.but(owner=302, colleague=302), request, method="POST"),
    Row("trials:change-letter", NO_REQUEST, request),
]
ACTS: list[Row] = [
    Row("admin:trials_trial_state", STAFF, pk),
    Row("admin:trials_trial_state", STAFF.but(staff=422), pk, method="POST"),
    Row("admin:trials_trial_add", STAFF),
    Row("admin:trials_trial_add", STAFF.but(staff=422), method="POST"),
    Row("admin:trials_trialchange_change", STAFF, asked),
    Row("admin:trials_trialchange_change", STAFF.but(staff=422), asked, method="POST"),
]
