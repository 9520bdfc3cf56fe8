"""Devices that exist only in the demo: what they measure, and the ChirpStack events they cause.

Values are invented. Payloads are those that the sample codecs in ``fixtures/codecs`` read.
"""

from __future__ import annotations

import base64
import math
import random
import struct
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

#: Every event id of the simulator is derived in this name space, so that a repeat has the same id.
_NAMESPACE = uuid.UUID("6f2f6a51-3f1c-4a55-9f5e-0d9f9f2c5a10")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def river_level(hours: float, seed: random.Random) -> bytes:
    """A level that swells for some hours every few days, the water's temperature, the battery."""
    swell = max(0.0, math.sin(hours / 9.0) - 0.5) * 1.2
    level = 0.92 + 0.05 * math.sin(hours / 4.0) + swell + seed.uniform(-0.015, 0.015)
    temperature = 8.6 + math.sin(hours / 24 * 2 * math.pi) * 0.9 + seed.uniform(-0.1, 0.1)
    return struct.pack(">hhH", round(level * 100), round(temperature * 10), 3600 + int(seed.uniform(0, 40)))


def snow_pump(hours: float, seed: random.Random) -> bytes:
    """A pump that runs at night, seldom with low water; current, well level, battery."""
    night = hours % 24 < 7 or hours % 24 > 21
    state = (2 if seed.random() < 0.03 else 0) if night else 1
    current = 18.4 + seed.uniform(-0.6, 0.6) if state == 0 else 0.0
    level = 5.2 - (0.8 if night else 0) + seed.uniform(-0.05, 0.05)
    return struct.pack(
        ">BHHH", state, round(current * 10), round(level * 100), 3550 + int(seed.uniform(0, 40))
    )


#: Payloads by the name of the sample device model (fixtures/demo/devices.json).
PAYLOADS = {"WL-10 水位計": river_level, "SP-20 消雪ポンプ監視": snow_pump}
#: The sample device that fell silent: its last uplink is this old.
SILENT_DEVICE = "02fe000000000106"
SILENT_FOR = timedelta(hours=16)


@dataclass
class SimulatedDevice:
    """A registered device as the simulator plays it. ``interval`` in seconds."""

    dev_eui: str
    name: str
    kind: str
    interval: int
    application: str
    seed: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.seed = random.Random(self.dev_eui)  # noqa: S311 -- sample values, not secrets

    def event(self, moment: datetime) -> dict[str, Any]:
        """The ``up`` event that a LoRaWAN server would publish for this device at ``moment``."""
        step = int((moment - _EPOCH).total_seconds() // self.interval)
        hours = (moment - _EPOCH).total_seconds() / 3600 + 9 + int(self.dev_eui[-2:], 16) / 10
        payload = PAYLOADS[self.kind](hours, self.seed)
        near = self.seed.uniform(-104, -90)
        return {
            "deduplicationId": str(uuid.uuid5(_NAMESPACE, f"{self.dev_eui}/{step}")),
            "time": moment.astimezone(UTC).isoformat(),
            "deviceInfo": {
                "tenantId": str(uuid.uuid5(_NAMESPACE, "city")),
                "tenantName": "city",
                "applicationId": str(uuid.uuid5(_NAMESPACE, self.application)),
                "applicationName": self.application,
                "deviceProfileId": str(uuid.uuid5(_NAMESPACE, self.kind)),
                "deviceProfileName": self.kind,
                "deviceName": self.name,
                "devEui": self.dev_eui,
                "deviceClassEnabled": "CLASS_A",
                "tags": {},
            },
            "devAddr": self.dev_eui[-8:],
            "adr": True,
            "dr": 2,
            "fCnt": step % 65536,
            "fPort": 1,
            "confirmed": False,
            "data": base64.b64encode(payload).decode(),
            "rxInfo": [
                {"gatewayId": "0016c001f153a14c", "rssi": round(near), "snr": round(near / 20 + 10, 1)},
                {"gatewayId": "0016c001f153a14d", "rssi": round(near - 9), "snr": 1.5},
            ],
            "txInfo": {
                "frequency": 923200000,
                "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 10, "codeRate": "CR_4_5"}},
            },
            "regionConfigId": "as923",
        }

    def message(self, moment: datetime) -> tuple[str, bytes]:
        """(topic, payload) as ChirpStack publishes them."""
        event = self.event(moment)
        topic = f"application/{event['deviceInfo']['applicationId']}/device/{self.dev_eui}/event/up"
        return topic, orjson.dumps(event)

    def lost(self, moment: datetime, now: datetime) -> bool:
        """Whether this one never arrived: one in twenty, two hours every third night, a dead battery."""
        if self.dev_eui == SILENT_DEVICE and moment > now - SILENT_FOR:
            return True
        hours = (moment - _EPOCH).total_seconds() / 3600
        gap = int(hours // 24) % 3 == 1 and 17.8 < hours % 24 < 20
        return gap or random.Random(f"{self.dev_eui}{moment:%j%H%M}").random() < 0.05  # noqa: S311 -- sample
