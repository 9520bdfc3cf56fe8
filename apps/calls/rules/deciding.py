"""What a decision grants where nobody says otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from apps.calls.rules.sensors import Sensor, messages_a_day


def granted_start(
    *, devices: int | None, sensors: Sequence[Sensor], device_quota: int, message_quota: int
) -> tuple[int, int]:
    """(devices, messages a day): what is asked for; where that is not known yet, the call's own."""
    messages = messages_a_day(sensors)
    return devices or device_quota, messages or message_quota


def share(part: int, whole: int | None) -> int | None:
    """``part`` of ``whole`` in percent, rounded; None where there is no whole."""
    return None if not whole else round(100 * part / whole)
