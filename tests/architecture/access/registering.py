"""Rows of the table: registering devices by a file, and what is done to one later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings

from apps.core import clock
from apps.core.sealing import seal
from apps.devices.models import DeviceBatch
from tests.architecture.access.table import WORKERS, Row, all_get
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
#: A file with root keys is there for who sent it alone.
SENDER = WORKERS.but(colleague=404)
ONLY_POST = all_get(405).but(anonymous=302)


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def device(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": w.device.pk}


def batch(w: World) -> dict[str, Any]:
    """A file of the owner with a good line and one with faults."""
    values = {"name": "WL-9", "dev_eui": "70b3d57ed0990001", "join_eui": "0", "app_key": "8f3c2a1b" * 4}
    rows = [{"line": 2, "values": values}, {"line": 3, "values": {**values, "app_key": "1"}}]
    found = DeviceBatch.objects.filter(trial=w.trial).first() or DeviceBatch.objects.create(
        organization=w.cast.organization,
        trial=w.trial,
        made_by=w.cast.owner,
        sealed=seal(orjson.dumps(rows), settings.DEVICE_KEY_SECRETS),
        expires_at=clock.now() + timedelta(hours=1),
    )
    return {**trial(w), "pk": found.pk}


ROWS: list[Row] = [
    Row("devices:batch-new", WORKERS, trial),
    Row("devices:batch-new", REFUSED, trial, method="POST"),
    Row("devices:batch-template", WORKERS, trial),
    Row("devices:batch-check", SENDER, batch),
    Row("devices:batch-check", SENDER.but(owner=302), batch, method="POST"),
    Row("devices:batch-run", ONLY_POST, batch),
    Row("devices:batch-run", SENDER.but(owner=302), batch, method="POST"),
    Row("devices:batch-drop", ONLY_POST, batch),
    Row("devices:batch-drop", SENDER.but(owner=302), batch, method="POST"),
    Row("devices:device-keys", WORKERS, device),
    Row("devices:device-keys", REFUSED, device, method="POST"),
    Row("devices:device-replace", WORKERS, device),
    Row("devices:device-replace", REFUSED, device, method="POST"),
    Row("devices:device-move", WORKERS, device),
    Row("devices:device-move", REFUSED, device, method="POST"),
    Row("devices:device-unretire", WORKERS, device),
    Row("devices:device-unretire", DONE, device, method="POST"),
]
