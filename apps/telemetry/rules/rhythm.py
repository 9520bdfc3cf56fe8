"""How often a device sends, learnt from its own uplinks; from when on it is late or silent."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.telemetry.enums import DecodeState

#: Newest uplinks that the interval is learnt from, and the fewest gaps that say anything.
LEARNT_FROM = 21
FEWEST_GAPS = 5
#: Late after two intervals, silent after three; one lost message in a busy channel is no news.
LATE, LATE_LEAST = 2, timedelta(minutes=5)
SILENT, SILENT_LEAST = 3, timedelta(minutes=30)


@dataclass(frozen=True)
class Moment:
    """An uplink as far as the rhythm needs it."""

    time: datetime
    f_cnt: int
    dev_addr: str = ""
    decode_state: str = DecodeState.DECODED


@dataclass(frozen=True)
class Rhythm:
    """``interval`` in seconds; ``gaps`` is 0 while it is not learnt but the one registered."""

    interval: float
    gaps: int = 0

    @property
    def late_after(self) -> timedelta:
        return max(LATE * timedelta(seconds=self.interval), LATE_LEAST)

    @property
    def silent_after(self) -> timedelta:
        return max(SILENT * timedelta(seconds=self.interval), SILENT_LEAST)


def rhythm_of(moments: Sequence[Moment], registered: int) -> Rhythm:
    """The median gap between ``moments`` (newest first); ``registered`` seconds while there are too few.

    Frames that got lost between two uplinks count by the frame counter: a gap of 30 minutes with two
    missing is three gaps of ten.
    """
    gaps = []
    for later, earlier in zip(moments, moments[1:], strict=False):
        steps = later.f_cnt - earlier.f_cnt if later.dev_addr == earlier.dev_addr else 1
        seconds = (later.time - earlier.time).total_seconds() / max(steps, 1)
        if seconds >= 1:
            gaps.append(seconds)
    if len(gaps) < FEWEST_GAPS:
        return Rhythm(max(registered, 1))
    return Rhythm(statistics.median(gaps), len(gaps))


def failing_since(moments: Sequence[Moment], decode_state: str) -> datetime | None:
    """The first of the newest ``moments`` that share ``decode_state`` without a break."""
    since = None
    for moment in moments:
        if moment.decode_state != decode_state:
            break
        since = moment.time
    return since
