"""How long a LoRa device holds the air, and which data rates carry its messages (AS923). Pure functions.

Sources: time on air after Semtech AN1200.13; largest payloads after LoRaWAN Regional Parameters AS923
(with the dwell time limit of 400 ms, and without it the values that also pass a repeater); the limit
of airtime in an hour after the notice of the Ministry of Internal Affairs and Communications.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: MHDR 1, FHDR 7, FPort 1, MIC 4: bytes that LoRaWAN adds to an application's payload.
FRAME_BYTES = 13
DATA_RATES = range(6)
_WITH_DWELL_LIMIT = (0, 0, 11, 53, 126, 242)
_WITHOUT_LIMIT = (51, 51, 51, 115, 222, 222)
_BANDWIDTH = 125_000
_PREAMBLE_SYMBOLS = 8 + 4.25
_CODING = 1  # 4/5


@dataclass(frozen=True)
class Radio:
    """What a city sets: the dwell limit, the data rate far from an antenna, seconds of air in an hour."""

    dwell_limit: bool = True
    far_rate: int = 2
    hourly_seconds: float = 360.0


def spreading_factor(rate: int) -> int:
    """DR0 is SF12, DR5 is SF7."""
    return 12 - rate


def max_payload(rate: int, *, dwell_limit: bool) -> int:
    """The most bytes of application payload at DR ``rate``; 0 where it cannot be used."""
    return (_WITH_DWELL_LIMIT if dwell_limit else _WITHOUT_LIMIT)[rate]


def time_on_air(payload_bytes: int, rate: int) -> float:
    """Seconds that an uplink with ``payload_bytes`` of application payload holds the air at DR ``rate``."""
    factor = spreading_factor(rate)
    symbol: float = 2**factor / _BANDWIDTH
    low_rate = 1 if factor >= 11 else 0
    bits = 8 * (payload_bytes + FRAME_BYTES) - 4 * factor + 28 + 16
    blocks = max(math.ceil(bits / (4 * (factor - 2 * low_rate))), 0)
    return float((_PREAMBLE_SYMBOLS + 8 + blocks * (_CODING + 4)) * symbol)


def slowest_rate(payload_bytes: int, *, dwell_limit: bool) -> int | None:
    """The slowest data rate, so the one that reaches farthest, that carries ``payload_bytes``; None: none."""
    for rate in DATA_RATES:
        if 0 < max_payload(rate, dwell_limit=dwell_limit) >= payload_bytes:
            return rate
    return None


def messages_a_day(interval_s: int) -> float:
    """Messages of one device in a day, when it sends every ``interval_s`` seconds."""
    return 86_400 / interval_s


def airtime_an_hour(payload_bytes: int, rate: int, interval_s: int) -> float:
    """Seconds of air that one device takes in an hour."""
    return time_on_air(payload_bytes, rate) * 3600 / interval_s
