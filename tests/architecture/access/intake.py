"""Rows of the table: what staff do with applications that were handed in."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World

DONE = STAFF.but(staff=302)
POST_ONLY = STAFF.but(staff=405)
#: Sent empty: the form says what is missing.
REFUSED = STAFF.but(staff=422)


def submitted(w: World) -> dict[str, Any]:
    return {"pk": w.submitted.pk}


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


ACTS: list[Row] = [
    Row("admin:calls_application_return", STAFF, submitted),
    Row("admin:calls_application_return", REFUSED, submitted, method="POST"),
    Row("admin:calls_application_take_back", POST_ONLY, submitted),
    Row("admin:calls_application_take_back", DONE, submitted, method="POST"),
    Row("admin:calls_application_read", POST_ONLY, submitted),
    Row("admin:calls_application_read", DONE, submitted, method="POST"),
    Row("admin:calls_application_note", POST_ONLY, submitted),
    Row("admin:calls_application_note", REFUSED, submitted, method="POST"),
    Row("admin:calls_application_export_csv", STAFF),
    Row("admin:calls_application_export_xlsx", STAFF),
    Row("admin:calls_application_statistics", STAFF, call),
    Row("admin:calls_application_statistics_csv", STAFF, call),
]
