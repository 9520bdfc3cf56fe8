"""What a change of a trial may be: the same for what a company wishes and for what staff grant.

Wishes are ``{kind of change: value}``, as they are kept (JSON; days in ISO 8601):

- ``period``: ``{"starts_on", "ends_on"}``
- ``places``: ``[{"id": uuid or "", "name", "latitude", "longitude" (or null), "precision"}]``, all of them
- ``devices``, ``messages``: the whole number wished, not what is added
- ``partners``: ``{"add": [{"name", "access", "organization": uuid or ""}], "leave": [uuid]}``
- ``pause``, ``end``, ``withdrawal``: ``{"on": day}``; ``resume``: ``{}``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.trials.enums import ChangeKind, TrialPhase, TrialState

#: Nothing of the trial goes on any more.
OVER = (TrialPhase.ENDED, TrialPhase.STOPPED, TrialPhase.WITHDRAWN)
#: Of these four one request holds one at most; the last two stand alone.
_COURSE = (ChangeKind.PAUSE, ChangeKind.RESUME, ChangeKind.END, ChangeKind.WITHDRAWAL)
_LAST = (ChangeKind.END, ChangeKind.WITHDRAWAL)
#: What a partner does not ask for the whole trial.
FOR_THE_LEAD = _LAST
#: The city answers these by a letter when it grants them.
CHANGE_WITH_LETTER = (
    ChangeKind.PERIOD,
    ChangeKind.DEVICES,
    ChangeKind.MESSAGES,
    ChangeKind.END,
    ChangeKind.WITHDRAWAL,
)
MOST_DEVICES, MOST_MESSAGES = 10_000, 10_000_000
MOST_PLACES, NAME_LIMIT = 50, 200
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)

Wishes = Mapping[str, Any]
Faults = dict[str, list[str]]


@dataclass(frozen=True)
class PlaceFacts:
    """A place as staff and the company know it. ``id`` is empty for a new one."""

    id: str
    name: str
    latitude: float | None
    longitude: float | None
    precision: str


@dataclass(frozen=True)
class Standing:
    """A trial as it stands on ``today``: what a change is compared with. ``partners`` by their id."""

    today: date
    state: str
    phase: str
    starts_on: date
    ends_on: date
    devices: int
    devices_used: int
    messages: int
    messages_used: int
    places: Sequence[PlaceFacts]
    partners: Mapping[str, str]


def read_day(value: Any) -> date | None:
    """A day kept as ISO 8601; None when there is none or it cannot be meant."""
    try:
        day = date.fromisoformat(str(value or ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def change_faults(wishes: Wishes, standing: Standing) -> Faults:
    """What stands against ``wishes``, by the field of the form; empty when they can be."""
    faults: Faults = _together(wishes, standing)
    if faults:
        return faults
    for kind, value in wishes.items():
        faults |= _CHECKS[ChangeKind(kind)](value, standing)
    return faults


def _together(wishes: Wishes, standing: Standing) -> Faults:
    """What cannot be asked at all, or not at once."""
    if not wishes:
        return {"kinds": [_("Choose what is to change.")]}
    if standing.state in (TrialState.STOPPED, TrialState.WITHDRAWN):
        return {
            "kinds": [_("The early end of this trial is settled. Nothing of it can be changed any more.")]
        }
    course = [kind for kind in _COURSE if kind in wishes]
    if len(course) > 1:
        return {"kinds": [_("Choose only one: a pause, going on, an early end, or a withdrawal.")]}
    if course and course[0] in _LAST and len(wishes) > 1:
        return {"kinds": [_("With an early end or a withdrawal nothing else changes. Choose that alone.")]}
    if standing.phase == TrialPhase.ENDED and set(wishes) != {ChangeKind.PERIOD}:
        return {"kinds": [_("This trial has ended. Only its period can still be changed.")]}
    return {}


def _period(value: Any, at: Standing) -> Faults:
    begins, ends = read_day(value.get("starts_on")), read_day(value.get("ends_on"))
    if begins is None or ends is None:
        name = "starts_on" if begins is None else "ends_on"
        return {name: [_("Write a day, for example 2027-03-31.")]}
    if begins != at.starts_on and at.phase != TrialPhase.UPCOMING:
        return {"starts_on": [_("The trial has begun. Its first day stays as it is.")]}
    if ends < begins:
        return {"ends_on": [_("The trial must end after it begins.")]}
    if ends < at.today:
        return {"ends_on": [_("This day is over. For an end today or before, choose the early end.")]}
    if (begins, ends) == (at.starts_on, at.ends_on):
        return {"ends_on": [_("This is the period that holds already.")]}
    return {}


def _number(name: str, value: Any, *, now: int, used: int, most: int) -> Faults:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        text = _("Write a whole number from 1 to %(most)s.") % {"most": f"{most:,}"}
    elif value < used:
        text = ngettext(
            "%(used)d is in use. Fewer cannot be granted; have devices retired first.",
            "%(used)d are in use. Fewer cannot be granted; have devices retired first.",
            used,
        ) % {"used": used}
    elif value == now:
        text = _("This is the number that holds already.")
    else:
        return {}
    return {name: [text]}


def _devices(value: Any, at: Standing) -> Faults:
    return _number("devices", value, now=at.devices, used=at.devices_used, most=MOST_DEVICES)


def _messages(value: Any, at: Standing) -> Faults:
    return _number("messages", value, now=at.messages, used=at.messages_used, most=MOST_MESSAGES)


def _places(value: Any, at: Standing) -> Faults:
    if len(value) > MOST_PLACES:
        return {"places": [_("Write up to %(most)d places.") % {"most": MOST_PLACES}]}
    for row in value:
        if not row["name"] or len(row["name"]) > NAME_LIMIT:
            return {"places": [_("Give each place a name of up to 200 characters.")]}
        if (row["latitude"] is None) != (row["longitude"] is None):
            return {"places": [_("Give both latitude and longitude, or neither.")]}
    known = {place.id: place for place in at.places}
    same = [known.get(row["id"]) == PlaceFacts(**row) for row in value]
    if len(same) == len(known) and all(same):
        return {"places": [_("These are the places that hold already.")]}
    return {}


def _partners(value: Any, at: Standing) -> Faults:
    add, leave = value["add"], value["leave"]
    if not add and not leave:
        return {"partners": [_("Name who joins, or choose who leaves.")]}
    if any(not row["name"] or len(row["name"]) > NAME_LIMIT for row in add):
        return {"partners": [_("Write the partner’s name, up to 200 characters.")]}
    if not set(leave) <= set(at.partners):
        return {"partners": [_("This partner no longer takes part.")]}
    if any(row["organization"] in at.partners for row in add if row["organization"]):
        return {"partners": [_("This organization takes part already.")]}
    return {}


def _pause(value: Any, at: Standing) -> Faults:
    if at.state == TrialState.PAUSED:
        return {"kinds": [_("This trial is paused already.")]}
    return _on(value, at)


def _resume(value: Any, at: Standing) -> Faults:
    if at.state != TrialState.PAUSED:
        return {"kinds": [_("This trial is not paused.")]}
    return {}


def _end(value: Any, at: Standing) -> Faults:
    return _on(value, at)


def _withdrawal(value: Any, at: Standing) -> Faults:
    return _on(value, at)


def _on(value: Any, at: Standing) -> Faults:
    """The day something begins to hold: within the trial; it may be over when staff decide later."""
    day = read_day(value.get("on"))
    if day is None:
        return {"on": [_("Write a day, for example 2027-03-31.")]}
    if day > at.ends_on:
        return {"on": [_("The trial ends before this day.")]}
    return {}


_CHECKS: dict[ChangeKind, Callable[[Any, Standing], Faults]] = {
    ChangeKind.PERIOD: _period,
    ChangeKind.PLACES: _places,
    ChangeKind.DEVICES: _devices,
    ChangeKind.MESSAGES: _messages,
    ChangeKind.PARTNERS: _partners,
    ChangeKind.PAUSE: _pause,
    ChangeKind.RESUME: _resume,
    ChangeKind.END: _end,
    ChangeKind.WITHDRAWAL: _withdrawal,
}
