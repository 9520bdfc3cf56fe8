"""Rows of the table: what staff do with the review of a call."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.intake import DONE, REFUSED
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World

#: Refused in words: there is nothing to send, or it changed.
CONFLICT = STAFF.but(staff=409)
POST_ONLY = STAFF.but(staff=405)


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


def phase(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk, "phase": w.call.review_phases.get().pk}


ROWS: list[Row] = [
    Row("admin:calls_call_review", STAFF, call),
    Row("admin:calls_call_phases", STAFF, call),
    Row("admin:calls_call_phases_propose", POST_ONLY, call),
    Row("admin:calls_call_phases_propose", DONE, call, method="POST"),
    Row("admin:calls_call_phase_new", STAFF, call),
    Row("admin:calls_call_phase_new", REFUSED, call, method="POST"),
    Row("admin:calls_call_phase", STAFF, phase),
    Row("admin:calls_call_phase", REFUSED, phase, method="POST"),
    Row("admin:calls_call_phase_remove", STAFF, phase),
    Row("admin:calls_call_phase_remove", DONE, phase, method="POST"),
    Row("admin:calls_call_assign", STAFF, call),
    Row("admin:calls_call_assign", DONE, call, method="POST"),
    Row("admin:calls_call_assign_evenly", STAFF, call),
    Row("admin:calls_call_assign_evenly", REFUSED, call, method="POST"),
    Row("admin:calls_call_review_tell", STAFF, call),
    Row("admin:calls_call_review_tell", CONFLICT, call, method="POST"),
    Row("admin:calls_call_review_remind", STAFF, call),
    Row("admin:calls_call_review_remind", CONFLICT, call, method="POST"),
]
