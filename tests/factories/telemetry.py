"""ChirpStack v4 events as its JSON marshaller writes them; values are invented."""

from __future__ import annotations

import base64
import itertools
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from apps.core import clock
from apps.devices.models import Device

#: Frames of one device differ, as on the air.
_frames = itertools.count(1)


def uplink_event(
    device: Device | str,
    *,
    data: bytes = b"\x78",
    f_cnt: int | None = None,
    time: datetime | None = None,
    deduplication_id: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An ``up`` event of ``device`` (or of a DevEUI)."""
    dev_eui = device if isinstance(device, str) else device.dev_eui
    moment = (time or clock.now()).astimezone(UTC)
    event: dict[str, Any] = {
        "deduplicationId": deduplication_id or str(uuid.uuid4()),
        "time": moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "city",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "applicationName": "2026-015",
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
            "deviceProfileName": "level",
            "deviceName": "L-01",
            "devEui": dev_eui,
            "deviceClassEnabled": "CLASS_A",
            "tags": {},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 2,
        "fCnt": next(_frames) if f_cnt is None else f_cnt,
        "fPort": 1,
        "confirmed": False,
        "data": base64.b64encode(data).decode(),
        "object": None,
        "rxInfo": [
            {
                "gatewayId": "0016c001f153a14c",
                "uplinkId": 4217106255,
                "rssi": -97,
                "snr": 5.5,
                "context": "E3OWOQ==",
                "location": {"latitude": 36.69, "longitude": 137.21},
                "crcStatus": "CRC_OK",
            },
            {"gatewayId": "0016c001f153a14d", "rssi": -110, "location": {}},
        ],
        "txInfo": {
            "frequency": 923200000,
            "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 10, "codeRate": "CR_4_5"}},
        },
        "regionConfigId": "as923",
    }
    return {**event, **changes}


def topic_of(device: Device | str, kind: str = "up") -> str:
    dev_eui = device if isinstance(device, str) else device.dev_eui
    return f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{dev_eui}/event/{kind}"


def encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
