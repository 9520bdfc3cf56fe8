"""Rows of the table: what is sent to devices."""

from __future__ import annotations

from typing import Any

from apps.devices.models import Downlink, Provision
from tests.architecture.access.table import MEMBERS, WORKERS, ApiRow, Row, all_get, by_key
from tests.architecture.access.world import World
from tests.factories.downlinks import DownlinkFactory, standing


def _device(w: World) -> Any:
    if not Provision.objects.filter(device=w.device).exists():
        standing(w.device)
    return w.device


def _downlink(w: World) -> Any:
    return (Downlink.objects.first() or DownlinkFactory.create(device=_device(w))).pk


def device(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": _device(w).pk}


def one(w: World) -> dict[str, Any]:
    return {**device(w), "downlink": _downlink(w)}


def device_by_key(w: World) -> dict[str, Any]:
    return {"pk": _device(w).pk}


def one_by_key(w: World) -> dict[str, Any]:
    return {"pk": w.device.pk, "downlink": _downlink(w)}


NEW = "devices:downlink-new"
SENT = {"payload": "01ff", "notation": "hex", "f_port": "10", "wait": "24"}
PAGES: list[Row] = [
    Row("devices:downlinks", MEMBERS, device),
    Row(NEW, WORKERS, device),
    Row(NEW, WORKERS.but(colleague=422, owner=422), device, method="POST"),
    Row(NEW, WORKERS, device, method="POST", query="?by=bytes", data=lambda w: SENT),
    Row(
        NEW,
        WORKERS.but(colleague=302, owner=302),
        device,
        method="POST",
        query="?by=bytes&",
        data=lambda w: {**SENT, "then": "send", "shown": "10:01ff"},
    ),
    Row("devices:downlink-cancel", WORKERS.but(colleague=302, owner=302), one, method="POST"),
    Row("devices:downlink-cancel", all_get(405).but(anonymous=302), one),
]
API: list[ApiRow] = [
    by_key("api-downlink-list", device_by_key),
    # Without a body the own key is told what is missing.
    ApiRow("api-downlink-list", by_key("").statuses | {"key": 422}, device_by_key, method="POST"),
    by_key("api-downlink-detail", one_by_key),
    by_key("api-downlink-detail", one_by_key, method="DELETE"),
]
