"""The states that a device had in the past, made again from what it and its network server told then.

The same function judges as in the present (``states.found_of``). What is not kept is left out: how the
network server took its settings, and stops of a codec before the last one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from apps.core import clock
from apps.devices.enums import CodecState, DeviceState, Wanted
from apps.telemetry.enums import DecodeState
from apps.telemetry.rules.rhythm import LEARNT_FROM, Moment
from apps.telemetry.rules.state_words import Code
from apps.telemetry.rules.states import Facts, found_of
from apps.telemetry.rules.trouble import Trouble
from apps.trials.enums import TrialPhase

#: States that need attention and of which nothing is kept.
NOT_KEPT = frozenset({Code.SERVER_REFUSED, Code.SERVER_WAITING, Code.CHANGE_WAITING})
_MOMENT_LATER = timedelta(seconds=1)


@dataclass(frozen=True)
class Note:
    """A device event as far as states need it; ``told_battery``: ``battery`` is what it said."""

    time: datetime
    joined: bool = False
    trouble: Trouble | None = None
    told_battery: bool = False
    battery: float | None = None


def past_states(
    facts: Facts, told: Sequence[Moment | Note], *, since: datetime, until: datetime
) -> Iterator[tuple[datetime, list[Code]]]:
    """Whenever it may have changed until ``until``: the moment, and the states, the most important first.
    Begins with what it told last before ``since``.

    ``facts`` is what is known of the device today; ``told`` its uplinks and notes, oldest first, beginning
    early enough before ``since`` to know its rhythm.
    """
    recent: deque[Moment] = deque(maxlen=LEARNT_FROM)
    past = replace(
        facts,
        registration=DeviceState.ACTIVE,
        trial_phase=TrialPhase.RUNNING,
        moments=(),
        joined_at=None,
        keys_wrong_at=None,
        nonce_used_at=None,
        counter_reset_at=None,
        battery=None,
        battery_at=None,
        provision="",
        wanted=Wanted.PRESENT,
    )
    for number, one in enumerate(told):
        if isinstance(one, Moment):
            recent.appendleft(one)
        else:
            past = _noted(past, one)
        end = told[number + 1].time if number + 1 < len(told) else until
        if end <= since or one.time > until:
            continue
        past = replace(past, moments=tuple(recent))
        for moment in _moments(past, one.time, min(end, until)):
            yield moment, [code for code, _since in found_of(_at(past, facts, moment))]


def _noted(past: Facts, note: Note) -> Facts:
    if note.joined:
        past = replace(past, joined_at=note.time)
    if note.trouble == Trouble.KEYS:
        past = replace(past, keys_wrong_at=note.time)
    elif note.trouble == Trouble.NONCE:
        past = replace(past, nonce_used_at=note.time)
    elif note.trouble == Trouble.COUNTER:
        past = replace(past, counter_reset_at=note.time)
    return replace(past, battery=note.battery, battery_at=note.time) if note.told_battery else past


def _at(past: Facts, facts: Facts, moment: datetime) -> Facts:
    """What was known at ``moment`` of what is kept as of today alone."""
    stopped = facts.codec_stopped_at is not None and facts.codec_stopped_at <= moment
    codec = CodecState.ACTIVE if facts.codec == CodecState.QUARANTINED and not stopped else facts.codec
    done = facts.provisioned_at
    return replace(
        past, now=moment, codec=codec, provisioned_at=done if done is not None and done <= moment else None
    )


def _moments(past: Facts, begin: datetime, end: datetime) -> list[datetime]:
    """From ``begin`` until before ``end``: the beginning, and when time alone changes the state."""
    heard = max((at for at in (past.last, past.joined_at) if at is not None), default=None)
    found: set[datetime] = set()
    if heard is not None:
        found |= {heard + past.rhythm.late_after, heard + past.rhythm.silent_after}
    if past.codec_stopped_at is not None:
        found.add(past.codec_stopped_at)
    if past.moments and past.moments[0].decode_state == DecodeState.OVER_QUOTA:
        next_day = clock.local_date(past.moments[0].time) + timedelta(days=1)
        found.add(datetime.combine(next_day, time.min, clock.TOKYO))
    # At the very moment it is not yet so: “longer than”.
    later = sorted(at + _MOMENT_LATER for at in found)
    return [begin, *(at for at in later if begin < at < end)]
