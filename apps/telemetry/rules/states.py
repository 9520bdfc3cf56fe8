"""The state of a device in plain words: one pure function from facts to what an engineer should know.

Moments are compared by what the events say, never by the order in which they came: ChirpStack's events
are unordered. A reason of the network server holds until something newer proves it wrong: a join, an
uplink, or keys that were written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.devices.enums import CodecState, DeviceState, ProvisionState, Wanted
from apps.telemetry.enums import DecodeState, DeviceHealth
from apps.telemetry.rules.rhythm import Moment, Rhythm, failing_since, rhythm_of
from apps.telemetry.rules.state_words import WORDS, Code, Severity
from apps.trials.enums import TrialPhase
from apps.trials.rules import OVER

#: Percent of battery at which a device needs a new one.
BATTERY_LOW = 20
#: ChirpStack tells of a join with the first uplink: so far apart they still belong together.
SAME_MOMENT = timedelta(minutes=1)
ORDER = {code: number for number, code in enumerate(Code)}
SIGNS = {
    Severity.ERROR: DeviceHealth.SILENT,
    Severity.ATTENTION: DeviceHealth.LATE,
    Severity.WAITING: DeviceHealth.NEVER,
    Severity.GOOD: DeviceHealth.OK,
    Severity.OFF: DeviceHealth.PAUSED,
}


@dataclass(frozen=True)
class Facts:
    """What is known of a device. ``moments``: its newest uplinks, newest first (see ``LEARNT_FROM``)."""

    now: datetime
    registration: str = DeviceState.ACTIVE
    trial_phase: str = TrialPhase.RUNNING
    #: Seconds between uplinks as registered.
    interval: int = 600
    moments: Sequence[Moment] = ()
    model: str = ""
    codec: str = ""
    codec_stopped_at: datetime | None = None
    #: When it came into its trial from another, where its reader does not see what came before.
    moved_at: datetime | None = None
    joined_at: datetime | None = None
    keys_wrong_at: datetime | None = None
    nonce_used_at: datetime | None = None
    counter_reset_at: datetime | None = None
    #: Percent; None: unknown, or external power.
    battery: float | None = None
    battery_at: datetime | None = None
    provision: str = ""
    wanted: str = Wanted.PRESENT
    fault: str = ""
    tried_at: datetime | None = None
    provisioned_at: datetime | None = None

    @property
    def last(self) -> datetime | None:
        return self.moments[0].time if self.moments else None

    @cached_property
    def rhythm(self) -> Rhythm:
        return rhythm_of(self.moments, self.interval)


@dataclass(frozen=True)
class State:
    """``since``: the moment it rests on (the last uplink, the join turned away, the first that failed)."""

    code: Code
    since: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return WORDS[self.code].severity

    @property
    def sign(self) -> DeviceHealth:
        """The device state of the components that draws it."""
        return SIGNS[self.severity]

    @property
    def label(self) -> str:
        return str(WORDS[self.code].label)

    @property
    def text(self) -> str:
        return str(WORDS[self.code].text) % self.values

    @property
    def to_do(self) -> str:
        return str(WORDS[self.code].to_do)

    @property
    def needs_attention(self) -> bool:
        return self.severity in (Severity.ERROR, Severity.ATTENTION)


#: A state and the moment it rests on.
Found = tuple[Code, datetime | None]


def state_of(facts: Facts) -> list[State]:
    """Everything that is so of a device, the most important first; never empty."""
    return [_state(facts, code, since) for code, since in found_of(facts)]


def found_of(facts: Facts) -> list[Found]:
    """The same without its words, for those who judge many moments."""
    closed = _closed(facts)
    if closed is not None:
        return [(closed, None)]
    found = [*_on_the_server(facts), *_turned_away(facts), *_reading(facts), *_battery(facts)]
    arrival = _arrival(facts)
    # Nobody joins a server that does not know them, or with keys that it refuses.
    if not (arrival[0] == Code.WAITING_JOIN and found):
        found.append(arrival)
    return sorted(found, key=lambda one: ORDER[one[0]])


def span_text(seconds: float) -> str:
    """A stretch of time in words, in its largest whole unit."""
    minutes = max(1, round(seconds / 60))
    if seconds < 90:
        count = max(1, round(seconds))
        return ngettext("%(count)d second", "%(count)d seconds", count) % {"count": count}
    if minutes < 120:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = round(seconds / 3600)
    if hours < 48:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = round(seconds / 86400)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _state(facts: Facts, code: Code, since: datetime | None = None) -> State:
    return State(
        code,
        since,
        {
            "time": clock.short(since, facts.now) if since else "",
            "interval": span_text(facts.rhythm.interval),
            "model": facts.model or _("this device"),
            "fault": facts.fault or _("it gave no reason"),
            "battery": f"{facts.battery or 0:.0f}",
        },
    )


def _closed(facts: Facts) -> Code | None:
    """Why nobody waits for the device, if so."""
    if facts.registration == DeviceState.RETIRED:
        return Code.RETIRED
    if facts.trial_phase in OVER:
        return Code.TRIAL_OVER
    if facts.registration == DeviceState.PAUSED:
        return Code.PAUSED
    return Code.TRIAL_PAUSED if facts.trial_phase == TrialPhase.PAUSED else None


def _on_the_server(facts: Facts) -> Iterator[Found]:
    if facts.wanted != Wanted.PRESENT:
        return
    if facts.provision == ProvisionState.REFUSED:
        yield Code.SERVER_REFUSED, facts.tried_at
    elif facts.provision == ProvisionState.WAITING:
        arrives = facts.last and facts.now - facts.last <= facts.rhythm.silent_after
        # Whether it arrived before it moved is not for this reader; the server knows the device.
        arrives = arrives or (facts.moved_at and facts.provisioned_at)
        yield Code.CHANGE_WAITING if arrives else Code.SERVER_WAITING, facts.tried_at


def _turned_away(facts: Facts) -> Iterator[Found]:
    """Reasons of the network server that nothing newer has proved wrong."""
    proofs = (facts.joined_at, facts.last, facts.provisioned_at, facts.moved_at)
    proved = max((moment for moment in proofs if moment), default=None)
    for code, at in (
        (Code.KEYS_WRONG, facts.keys_wrong_at),
        (Code.NONCE_USED, facts.nonce_used_at),
        (Code.COUNTER_RESET, facts.counter_reset_at),
    ):
        if at and (proved is None or at > proved):
            yield code, at


def _reading(facts: Facts) -> Iterator[Found]:
    """Whether what arrived could be decoded."""
    if facts.codec == CodecState.QUARANTINED:
        yield Code.CODEC_STOPPED, facts.codec_stopped_at
        return
    newest = facts.moments[0] if facts.moments else None
    if newest is None:
        return
    if newest.decode_state == DecodeState.FAILED:
        yield Code.DECODE_FAILED, failing_since(facts.moments, newest.decode_state)
    today = clock.local_date(newest.time) == clock.local_date(facts.now)
    if newest.decode_state == DecodeState.OVER_QUOTA and today:
        yield Code.OVER_QUOTA, failing_since(facts.moments, newest.decode_state)


def _battery(facts: Facts) -> Iterator[Found]:
    if facts.battery is not None and facts.battery <= BATTERY_LOW:
        yield Code.BATTERY_LOW, facts.battery_at


def _arrival(facts: Facts) -> Found:
    """Whether anything arrives: exactly one of these holds."""
    last, joined = facts.last, facts.joined_at
    heard = max((moment for moment in (last, joined) if moment), default=None)
    if facts.moved_at and (heard is None or heard < facts.moved_at):
        return Code.MOVED, facts.moved_at
    if heard is None:
        return Code.WAITING_JOIN, None
    quiet, rhythm = facts.now - heard, facts.rhythm
    if quiet > rhythm.silent_after:
        return Code.SILENT, heard
    if joined and (last is None or joined > last + SAME_MOMENT):
        return Code.JOINED, joined
    if quiet > rhythm.late_after:
        return Code.LATE, heard
    unread = facts.moments[0].decode_state == DecodeState.NO_CODEC and not facts.codec
    return Code.NO_CODEC if unread else Code.SENDING, heard
