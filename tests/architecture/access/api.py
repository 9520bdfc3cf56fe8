"""The table of the API. An operation without a row here fails the sweep."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import ApiRow, by_key, open_to_all
from tests.architecture.access.world import World


def call(w: World) -> dict[str, Any]:
    return {"code": w.call.code}


def device(w: World) -> dict[str, Any]:
    return {"pk": w.device.pk}


def trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def told(w: World) -> dict[str, Any]:
    return {"code": w.told.code}


ROWS: list[ApiRow] = [
    open_to_all("api-schema"),
    open_to_all("api-call-list"),
    open_to_all("api-call-detail", call),
    open_to_all("api-trial-list"),
    open_to_all("api-trial-statistics"),
    open_to_all("api-trial-detail", trial),
    open_to_all("api-report-list"),
    open_to_all("api-report-detail", told),
    by_key("api-device-list", other=200),  # another company's key sees its own, which is nothing
    by_key("api-device-detail", device),
    by_key("api-device-latest", device),
    by_key("api-device-uplinks", device),
]
