"""The table of the API. An operation without a row here fails the sweep."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import ApiRow, open_to_all
from tests.architecture.access.world import World


def trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def told(w: World) -> dict[str, Any]:
    return {"code": w.told.code}


ROWS: list[ApiRow] = [
    open_to_all("api-schema"),
    open_to_all("api-trial-list"),
    open_to_all("api-trial-detail", trial),
    open_to_all("api-report-list"),
    open_to_all("api-report-detail", told),
]
