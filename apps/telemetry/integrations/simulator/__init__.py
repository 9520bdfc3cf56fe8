"""Devices that exist only in the demo, and the LoRaWAN server's events that their lives cause.

Which model plays what, and how each sample device behaves, stands in ``fixtures/demo/devices.json``
(``simulates`` of a model, ``habit`` of a device). Whatever else is registered with a sample model is played
as a steady device once the sample server knows it, so that who tries the demo sees a device of theirs join
and send.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from apps.telemetry.integrations.simulator.device import Asked, Habit, Message, SimulatedDevice
from apps.telemetry.integrations.simulator.kinds import KINDS

__all__ = ["KINDS", "Asked", "Habit", "Message", "Samples", "SimulatedDevice", "samples"]


@dataclass(frozen=True)
class Samples:
    """``kinds``: model name → kind. ``habits``: DevEUI of a sample device → its habit."""

    kinds: dict[str, str]
    habits: dict[str, Habit]


@cache
def samples() -> Samples:
    """What the demo's file says of models and devices."""
    path = settings.BASE_DIR / "fixtures" / "demo" / "devices.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    return Samples(
        kinds={row["name"]: row["simulates"] for row in data["models"] if "simulates" in row},
        habits={row["dev_eui"]: Habit(row.get("habit", "steady")) for row in data["devices"]},
    )
