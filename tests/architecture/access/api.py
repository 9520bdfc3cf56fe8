"""The table of the API. An operation without a row here fails the sweep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.architecture.access import api_models, data, downlinks, exports, keys, sta, webhooks
from tests.architecture.access.table import ApiRow, Arguments, by_key, nothing, open_to_all
from tests.architecture.access.world import World


def call(w: World) -> dict[str, Any]:
    return {"code": w.call.code}


def device(w: World) -> dict[str, Any]:
    return {"pk": w.device.pk}


def trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def told(w: World) -> dict[str, Any]:
    return {"code": w.told.code}


def written(
    name: str, args: Arguments = nothing, *, method: str = "POST", key: int = 422, other: int = 404
) -> ApiRow:
    """An operation that writes: without a body the own key is told what is missing."""
    row = by_key(name, args, other=other, method=method)
    return replace(row, statuses={**row.statuses, "key": key})


ROWS: list[ApiRow] = [
    open_to_all("api-schema"),
    open_to_all("api-call-list"),
    open_to_all("api-call-detail", call),
    open_to_all("api-coverage-list"),
    open_to_all("api-coverage-detail", lambda w: {"mesh": "5537014711"}),
    open_to_all("api-trial-list"),
    open_to_all("api-trial-statistics"),
    open_to_all("api-trial-detail", trial),
    open_to_all("api-report-list"),
    open_to_all("api-report-detail", told),
    by_key("api-device-list", other=200),  # another company's key sees its own, which is nothing
    by_key("api-device-detail", device),
    by_key("api-device-latest", device),
    by_key("api-device-model-list", other=200),
    *api_models.API,
    written("api-device-list", other=422),  # without a body nobody's trial is named
    written("api-device-detail", device, method="PATCH", key=200),
    written("api-device-keys", device, method="PUT"),
    written("api-device-replace", device),
    written("api-device-move", device),
    written("api-device-retire", device, key=200),
    written("api-device-unretire", device, key=200),
    by_key("api-device-uplinks", device),
    by_key("api-device-series", device),
    written("api-series", method="GET", other=422),  # no device is named
    *data.API,
    *downlinks.API,
    *keys.API,
    *exports.API,
    *sta.API,
    *webhooks.API,
]
