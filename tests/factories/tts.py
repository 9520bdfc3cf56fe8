"""Messages of The Things Stack v3 as its webhooks write them (empty values left out); values are invented."""

from __future__ import annotations

import base64
import itertools
from datetime import UTC, datetime
from typing import Any

from apps.core import clock
from apps.devices.models import Device

_frames = itertools.count(1)


def _head(device: Device | str) -> dict[str, Any]:
    dev_eui = device if isinstance(device, str) else device.dev_eui
    return {
        "end_device_ids": {
            "device_id": f"eui-{dev_eui}",
            "application_ids": {"application_id": "machitry-2026-015"},
            "dev_eui": dev_eui.upper(),
            "join_eui": "0000000000000000",
            "dev_addr": "00189440",
        },
        "correlation_ids": ["as:up:01J0SAMPLE"],
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


def tts_uplink(
    device: Device | str,
    *,
    data: bytes = b"\x78",
    f_cnt: int | None = None,
    time: datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An ``uplink_message``; a frame counter or port of 0 is absent, as in proto3 JSON."""
    moment = time or clock.now()
    count = next(_frames) if f_cnt is None else f_cnt
    message: dict[str, Any] = {
        "session_key_id": "AXA50tHUCxYcaWYEQ+Pb0A==",
        "f_port": 1,
        "frm_payload": base64.b64encode(data).decode(),
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "roof", "eui": "0016C001F153A14C"},
                "rssi": -97,
                "channel_rssi": -97,
                "snr": 5.5,
                "location": {"latitude": 36.69, "longitude": 137.21, "source": "SOURCE_REGISTRY"},
            },
            {"gateway_ids": {"gateway_id": "packetbroker"}, "rssi": -110},
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 10, "coding_rate": "4/5"}},
            "frequency": "923200000",
        },
        "received_at": _stamp(moment),
        "consumed_airtime": "0.370688s",
    }
    if count:
        message["f_cnt"] = count
    return {**_head(device), "received_at": _stamp(moment), "uplink_message": {**message, **changes}}


def tts_event(
    device: Device | str, kind: str, part: dict[str, Any], time: datetime | None = None
) -> dict[str, Any]:
    """Any other message: ``join_accept``, ``downlink_ack``, ``location_solved`` …"""
    return {**_head(device), "received_at": _stamp(time or clock.now()), kind: part}
