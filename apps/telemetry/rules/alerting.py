"""When an alert begins and when it ends: pure steps, the same for what comes now and for the past.

A reading is looked at by the moment that it tells of, never by when it came: one that is not newer than the
last one looked at changes nothing. A reading without a usable value says nothing: it neither opens nor
closes. Between two readings the last one holds; ``tick`` lets time pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.telemetry.enums import AlertKind, Direction
from apps.telemetry.rules.values import is_number


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says. ``minutes``: how long the value must stay beyond; silence: no data for so long."""

    kind: str
    direction: str = ""
    limit: float | None = None
    release: float | None = None
    minutes: int = 0
    states: tuple[str, ...] = ()

    @property
    def lasting(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def beyond(self, value: float) -> bool:
        """Whether ``value`` lies beyond the limit."""
        limit = self.limit or 0.0
        return value > limit if self.direction == Direction.ABOVE else value < limit

    def released(self, value: float) -> bool:
        """Whether ``value`` ends an alert: back at the limit, or as far back as the rule asks for."""
        end = self.release if self.release is not None else self.limit or 0.0
        return value <= end if self.direction == Direction.ABOVE else value >= end

    def worse(self, one: float | None, other: float | None) -> float | None:
        """The one of two values that lies farther beyond the limit."""
        known = [value for value in (one, other) if value is not None]
        if not known:
            return None
        return max(known) if self.direction == Direction.ABOVE else min(known)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device told at a moment: a value, or its most important state that the rule asks for.

    ``at_rest``: it said that there is nothing to watch (a battery device that is plugged in now).
    """

    at: datetime
    value: float | None = None
    state: str = ""
    at_rest: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands with a rule after the readings so far; ``opened_at`` while an alert is open."""

    seen_at: datetime | None = None
    beyond_since: datetime | None = None
    value: float | None = None
    state: str = ""
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime
    value: float | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    at: datetime
    value: float | None = None


Change = Opened | Closed


def step(terms: Terms, standing: Standing, reading: Reading) -> tuple[Standing, list[Change]]:
    """How it stands after ``reading``, and what began or ended by it, in order.

    Both may happen at once: the alert fell due between the last reading and this one, which ends it.
    """
    if standing.seen_at is not None and reading.at <= standing.seen_at:
        return standing, []
    now, changes = tick(terms, standing, reading.at)
    # Asked after time has passed: an alert that fell due meanwhile ends only where the rule says so.
    beyond = _says(terms, now, reading)
    if beyond is None:
        return standing, []
    since = now.beyond_since
    standing = replace(
        now,
        seen_at=reading.at,
        value=reading.value,
        state=reading.state,
        beyond_since=(since or reading.at) if beyond else None,
    )
    if beyond:
        standing, more = _fall_due(terms, standing, reading.at, None, at_once=True)
        return standing, changes + more
    if standing.opened_at is not None:
        changes.append(Closed(max(reading.at, standing.opened_at), reading.value))
        standing = replace(standing, opened_at=None)
    return standing, changes


def tick(
    terms: Terms, standing: Standing, now: datetime, since: datetime | None = None
) -> tuple[Standing, list[Change]]:
    """Let time pass until ``now``: what has lasted longer than the rule allows begins.

    ``since``: from when on somebody listened without a break. What was not heard while nobody listened is
    not held against a device: its time counts from then.
    """
    return _fall_due(terms, standing, now, since, at_once=False)


def _fall_due(
    terms: Terms, standing: Standing, now: datetime, since: datetime | None, *, at_once: bool
) -> tuple[Standing, list[Change]]:
    """``at_once``: a reading of this very moment says so; else the moment must have passed, for a reading of
    it may yet come and say otherwise."""
    start = standing.seen_at if terms.kind == AlertKind.SILENCE else standing.beyond_since
    if start is None or standing.opened_at is not None:
        return standing, []
    due = (max(start, since) if since else start) + terms.lasting
    if due > now or (due == now and not at_once):
        return standing, []
    return replace(standing, opened_at=due), [Opened(due, standing.value, standing.state)]


def replay(
    terms: Terms, readings: Iterable[Reading], until: datetime, standing: Standing | None = None
) -> tuple[Standing, list[Change]]:
    """What would have begun and ended by ``readings``, oldest first, until a moment."""
    now, changes = standing or Standing(), []
    for reading in readings:
        now, found = step(terms, now, reading)
        changes += found
    now, found = tick(terms, now, until)
    return now, changes + found


def _says(terms: Terms, standing: Standing, reading: Reading) -> bool | None:
    """Whether ``reading`` lies beyond what the rule allows; None: it says nothing about that."""
    if terms.kind == AlertKind.SILENCE or reading.at_rest:
        return False
    if terms.kind == AlertKind.STATE:
        return reading.state in terms.states
    if not is_number(reading.value) or reading.value is None:
        return None
    if standing.opened_at is not None:
        return not terms.released(reading.value)
    return terms.beyond(reading.value)
