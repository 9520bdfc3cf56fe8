"""Rows of the table: the codec workbench and decoding again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.devices.models import CodecVersion
from apps.telemetry.models import Redecode
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World
from tests.factories.devices import CodecVersionFactory


def codec() -> CodecVersion:
    return CodecVersion.objects.first() or CodecVersionFactory.create()


def model(w: World) -> dict[str, Any]:
    return {"pk": codec().model_id}


def redecode() -> Redecode:
    since = clock.now() - timedelta(days=1)
    return Redecode.objects.first() or Redecode.objects.create(codec=codec(), since=since, total=5)


def progress(w: World) -> dict[str, Any]:
    return {"pk": redecode().pk}


def changed(w: World) -> dict[str, Any]:
    return {"object_id": str(redecode().pk)}


REFUSED, DONE, ODD = STAFF.but(staff=422), STAFF.but(staff=302), STAFF.but(staff=404)
BENCH, ADD = "admin:devices_devicemodel_codec", "admin:telemetry_redecode_add"
SCRIPT = "function decodeUplink() { return { data: {} }; }"


def asked(w: World) -> dict[str, Any]:
    return {"model": str(codec().model_id), "since": "2026-01-01T00:00"}


ACTS: list[Row] = [
    Row(BENCH, STAFF, model),
    Row(BENCH, ODD, model, method="POST"),
    Row(BENCH, REFUSED, model, method="POST", data=lambda w: {"act": "try"}),
    Row(BENCH, STAFF, model, method="POST", data=lambda w: {"act": "try", "script": SCRIPT}),
    Row(BENCH, DONE, model, method="POST", data=lambda w: {"act": "withdrawn", "version": codec().version}),
    Row(BENCH, ODD, model, method="POST", data=lambda w: {"act": "drop", "example": "x"}),
    Row(ADD, STAFF),
    Row(ADD, REFUSED, method="POST"),
    Row(ADD, STAFF, method="POST", data=asked),
    Row("admin:telemetry_redecode_progress", STAFF, progress),
    Row("admin:telemetry_redecode_change", STAFF, changed),
    Row("admin:telemetry_redecode_change", DONE, changed, method="POST"),
]
