"""Rows of the table: a company's own device models, codecs and examples by API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.devices.models import CodecVersion
from tests.architecture.access import own_models
from tests.architecture.access.table import ApiRow, Arguments, by_key, nothing
from tests.architecture.access.world import World


def model(w: World) -> dict[str, Any]:
    return {"pk": own_models.own(w).pk}


def codec(w: World) -> dict[str, Any]:
    return {**model(w), "version": own_models.codec(w).version}


def withdrawn(w: World) -> dict[str, Any]:
    version = own_models.codec(w).version + 1
    values = {"script": own_models.SCRIPT, "state": "withdrawn"}
    row, _made = CodecVersion.objects.get_or_create(model=own_models.own(w), version=version, defaults=values)
    return {**model(w), "version": row.version}


def example(w: World) -> dict[str, Any]:
    return {name: value for name, value in own_models.example(w).items() if name != "organization"}


def by(name: str, args: Arguments, method: str, *, key: int = 422, other: int = 404) -> ApiRow:
    """An operation that writes: without a body the own key is told what is missing."""
    row = by_key(name, args, other=other, method=method)
    return replace(row, statuses={**row.statuses, "key": key})


def redecode(w: World) -> dict[str, Any]:
    return {name: value for name, value in own_models.redecode(w).items() if name != "organization"}


def device(w: World) -> dict[str, Any]:
    return {"pk": w.device.pk}


API: list[ApiRow] = [
    by("api-device-values", device, "PUT"),
    by_key("api-downlink-quota", device),
    by("api-device-model-list", nothing, "POST", other=422),
    by_key("api-device-model-detail", model),
    by("api-device-model-detail", model, "PATCH", key=200),
    by("api-device-model-detail", model, "DELETE", key=204),
    by("api-device-model-values", model, "PUT"),
    by_key("api-codec-list", model),
    by("api-codec-list", model, "POST"),
    by_key("api-codec-detail", codec),
    by("api-codec-withdraw", codec, "POST", key=200),
    by("api-codec-use", withdrawn, "POST", key=200),
    by("api-codec-try", model, "POST"),
    by("api-codec-check", model, "POST"),
    by_key("api-codec-example-list", model),
    by("api-codec-example-list", model, "POST"),
    by("api-codec-example", example, "DELETE", key=204),
    by_key("api-redecode-list", model),
    by("api-redecode-list", model, "POST"),
    by_key("api-redecode", redecode),
    by("api-redecode-stop", redecode, "POST", key=200),
]
