"""Rows of the table: what reviewers do with applications that are assigned to them."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import Row, Who
from tests.architecture.access.world import World


def seat(w: World) -> dict[str, Any]:
    return {"code": w.submitted.code}


def file(w: World) -> dict[str, Any]:
    return {"code": w.submitted.code, "revision": w.submitted.revision, "number": 1}


#: Reviewers alone: others learn nothing, staff neither.
REVIEWERS = Who(anonymous=302, stranger=404, reader=404, colleague=404, owner=404, reviewer=200, staff=404)
#: The page's script is told in JSON that it is signed out.
SAVED = REVIEWERS.but(anonymous=401)
ACTS: list[Row] = [
    Row("admin:review-home", REVIEWERS),
    Row("admin:review-sheet", REVIEWERS, seat),
    Row("admin:review-sheet", REVIEWERS.but(reviewer=302), seat, method="POST"),
    Row("admin:review-save", REVIEWERS.but(**dict.fromkeys(REVIEWERS.__dict__, 405)), seat),
    Row("admin:review-save", SAVED, seat, method="POST"),
    Row("admin:review-recuse", REVIEWERS, seat),
    Row("admin:review-recuse", REVIEWERS.but(reviewer=422), seat, method="POST"),
    Row("admin:review-file", REVIEWERS.but(reviewer=404), file),
]
