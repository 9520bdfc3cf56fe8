"""Notes of the network server (``log`` events) that tell why a device is not let in or not heard."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """What a note says of its device; the value is the prefix of a column of ``DeviceCondition``."""

    KEYS = "keys_wrong"
    NONCE = "nonce_used"
    COUNTER = "counter_reset"


def trouble_of(code: str, text: str) -> Trouble | None:
    """The trouble that a note with ``code`` and ``text`` tells of, or None.

    ChirpStack v4: a join whose signature does not fit is ``UPLINK_MIC``; a join refused for another
    reason is ``OTAA``, and only its text tells which.
    """
    lowered = text.lower()
    if code == "UPLINK_MIC":
        return Trouble.KEYS
    if code == "OTAA":
        if "devnonce" in lowered or "dev-nonce" in lowered:
            return Trouble.NONCE
        return Trouble.KEYS if "mic" in lowered or "key" in lowered else None
    return Trouble.COUNTER if code == "UPLINK_F_CNT_RESET" else None
