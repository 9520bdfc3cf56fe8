"""Rows of the table: a company's own device models, their codecs, and decoding again with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.telemetry.models import Redecode
from tests.architecture.access.table import MEMBERS, WORKERS, Row
from tests.architecture.access.world import World
from tests.factories.devices import CodecVersionFactory, OwnModelFactory

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
ODD = WORKERS.but(owner=404, colleague=404)
SCRIPT = "function decodeUplink() { return { data: {} }; }"


def organization(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def own(w: World) -> DeviceModel:
    owner = w.cast.organization
    return DeviceModel.objects.filter(organization=owner).first() or OwnModelFactory.create(
        organization=owner
    )


def model(w: World) -> dict[str, Any]:
    return {**organization(w), "pk": own(w).pk}


def codec(w: World) -> CodecVersion:
    return own(w).codecs.first() or CodecVersionFactory.create(model=own(w))


def example(w: World) -> dict[str, Any]:
    row, _made = CodecExample.objects.get_or_create(model=own(w), name="1 m", payload="64")
    return {**model(w), "example": row.pk}


def redecode(w: World) -> dict[str, Any]:
    version, since = codec(w), clock.now() - timedelta(days=1)
    row = Redecode.objects.filter(codec=version).first()
    return {**model(w), "redecode": (row or Redecode.objects.create(codec=version, since=since, total=5)).pk}


def stopped(w: World) -> dict[str, Any]:
    CodecVersion.objects.filter(pk=codec(w).pk).update(state="quarantined")
    return organization(w)


ROWS: list[Row] = [
    Row("devices:model-list", MEMBERS, organization),
    Row("devices:model-links", MEMBERS, organization),
    Row("devices:models-stopped", MEMBERS, stopped),
    Row("devices:model-new", WORKERS, organization),
    Row("devices:model-new", REFUSED, organization, method="POST"),
    Row("devices:model-codec", MEMBERS, model),
    Row("devices:model-codec", ODD, model, method="POST"),
    Row("devices:model-codec", REFUSED, model, method="POST", data=lambda w: {"act": "try"}),
    Row(
        "devices:model-codec", WORKERS, model, method="POST", data=lambda w: {"act": "try", "script": SCRIPT}
    ),
    Row(
        "devices:model-codec",
        DONE,
        model,
        method="POST",
        data=lambda w: {"act": "withdrawn", "version": codec(w).version},
    ),
    Row("devices:model-edit", WORKERS, model),
    Row("devices:model-edit", REFUSED, model, method="POST"),
    Row("devices:model-values", WORKERS, model),
    Row("devices:model-values", REFUSED, model, method="POST"),
    Row("devices:model-remove", WORKERS, model),
    Row("devices:model-remove", DONE, model, method="POST"),
    Row("devices:example-new", WORKERS, model),
    Row("devices:example-new", REFUSED, model, method="POST"),
    Row("devices:example-edit", WORKERS, example),
    Row("devices:example-edit", REFUSED, example, method="POST"),
    Row("telemetry:model-frames", MEMBERS, model),
    # It stands in the answer to a POST of the workbench, too.
    Row("telemetry:model-frames", MEMBERS, model, method="POST"),
    Row("telemetry:redecode-new", WORKERS, model),
    Row("telemetry:redecode-new", REFUSED, model, method="POST"),
    Row(
        "telemetry:redecode-new",
        WORKERS,
        model,
        method="POST",
        data=lambda w: {"since": "2026-01-01T00:00"},
    ),
    Row("telemetry:redecode", MEMBERS, redecode),
    Row("telemetry:redecode", DONE, redecode, method="POST"),
    Row("telemetry:redecode-progress", MEMBERS, redecode),
]
