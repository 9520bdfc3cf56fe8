"""Rows of the table: what staff do when they deliberate and decide."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World

#: Sent empty: nothing was chosen.
REFUSED = STAFF.but(staff=422)


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


def submitted(w: World) -> dict[str, Any]:
    return {"pk": w.submitted.pk}


ACTS: list[Row] = [
    Row("admin:calls_decision_board", STAFF, call),
    Row("admin:calls_decision_map", STAFF, call),
    Row("admin:calls_decision_csv", STAFF, call),
    Row("admin:calls_decision_xlsx", STAFF, call),
    Row("admin:calls_decision_panel", STAFF, submitted),
    Row("admin:calls_decision_panel", REFUSED, submitted, method="POST"),
    Row("admin:calls_decision_sign", STAFF, call),
    Row("admin:calls_decision_sign", REFUSED, call, method="POST"),
    Row("admin:calls_decision_publish", STAFF, call),
    Row("admin:calls_decision_publish", REFUSED, call, method="POST"),
    Row("admin:calls_decision_take_back", STAFF, call),
    Row("admin:calls_decision_take_back", REFUSED, call, method="POST"),
]
