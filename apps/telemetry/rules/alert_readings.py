"""What an uplink or a note of the network server says to a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.telemetry.enums import DecodeState
from apps.telemetry.rules.alerting import Reading
from apps.telemetry.rules.values import is_number


def value_reading(at: datetime, decode_state: str, values: Any, field: str) -> Reading:
    """The value of ``field``; none where the uplink was not decoded, or the field is no number."""
    if decode_state != DecodeState.DECODED or not isinstance(values, dict):
        return Reading(at)
    return Reading(at, number_of(values.get(field)))


def battery_reading(at: datetime, data: Any) -> Reading:
    """Percent of battery from a device status; one with a mains connection needs none."""
    if not isinstance(data, dict):
        return Reading(at)
    if data.get("externalPowerSource") is True:
        return Reading(at, at_rest=True)
    if data.get("batteryLevelUnavailable") is True:
        return Reading(at)
    return Reading(at, number_of(data.get("batteryLevel", 0)))


def number_of(value: Any) -> float | None:
    """``value`` as a finite number; None for everything else."""
    try:
        return float(value) if is_number(value) else None
    except OverflowError:
        return None
