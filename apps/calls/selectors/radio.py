"""What the city's network says to the devices of an application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.calls.models import Call
from apps.calls.rules.radio import RadioAnswer, radio_answer
from apps.core.airtime import Radio
from apps.core.site import site_settings


def radio() -> Radio:
    """The city's settings of the network."""
    kept = site_settings()
    return Radio(kept.radio_dwell_limit, kept.radio_far_rate, float(kept.radio_hourly_seconds))


def radio_of(call: Call, sensors: Sequence[dict[str, Any]]) -> RadioAnswer:
    """Whether ``sensors`` fit, beside the guide of ``call``."""
    return radio_answer(sensors, radio=radio(), message_guide=call.message_quota)
