"""What becomes of an answer when several people, or several pages of one person, write at once.

A *unit* is what is compared as a whole: a field of ``Application``, and each question of the call by
itself (``extra_answers.<id>``). A *base* is the ``digest`` of what a person saw of a unit. A *pen* is one
page in one browser: what it wrote last is its own, even when it never heard that it arrived.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apps.calls.rules.questions import AREAS, FIELDS, digest

_EXTRA = "extra_answers"
_PEN = re.compile(r"([0-9a-z]{8,32}):(\d{1,9})(?::([0-9a-z]{8,32}))?")
#: Texts on one line that still read well one after the other.
_JOINED_LINES = ("title", "address", "facility_name", "facility_owner")
Written = Mapping[str, Any]


class Fate(Enum):
    SAME = "stored already"
    LEFT = "not changed by this person"
    LATE = "the same page sent something newer before"
    WRITE = "written"
    CLASH = "changed by two"


@dataclass(frozen=True)
class Pen:
    """``name`` of the page, the number of this ``stroke``, and the page whose text it took over."""

    name: str = ""
    stroke: int = 0
    before: str = ""


NO_PEN = Pen()


def pen_of(text: str) -> Pen:
    """``name:stroke`` or ``name:stroke:before``; no pen for anything else."""
    found = _PEN.fullmatch(text)
    return Pen(found[1], int(found[2]), found[3] or "") if found else NO_PEN


def units_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` by unit."""
    units = {name: value for name, value in values.items() if name != _EXTRA}
    extra = values.get(_EXTRA)
    if isinstance(extra, Mapping):
        units |= {f"{_EXTRA}.{key}": value for key, value in extra.items()}
    return units


def unit_value(answers: Mapping[str, Any], unit: str) -> Any:
    """What ``answers`` hold of ``unit``; an unanswered question of the call is an empty text."""
    name, _dot, key = unit.partition(".")
    return (answers.get(name) or {}).get(key, "") if key else answers[name]


def is_unit(unit: str) -> bool:
    name, _dot, key = unit.partition(".")
    return name in FIELDS and bool(key) == (name == _EXTRA)


def bases_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The base of each unit of ``values``."""
    return {unit: digest(value) for unit, value in units_of(values).items()}


def is_nothing(value: Any) -> bool:
    """Nothing was answered; to untick counts as that."""
    return value in (None, "", False) or value == [] or value == {}


def fate(*, mine: Any, stored: Any, base: str | None, sure: bool, written: Written, pen: Pen) -> Fate:
    """What is to be done with ``mine``. ``sure``: the writer knows what is stored (no base needed)."""
    now, given = digest(stored), digest(mine)
    if now == given:
        return Fate.SAME
    if _is_own(written, pen, now):
        late = written["pen"] == pen.name and pen.stroke <= int(written.get("stroke", 0))
        return Fate.LATE if late else Fate.WRITE
    if base == given:
        return Fate.LEFT
    if sure or base == now or (base is None and is_nothing(stored)):
        return Fate.WRITE
    return Fate.CLASH


def _is_own(written: Written, pen: Pen, now: str) -> bool:
    """The stored answer was written last by this page, or by the one whose text it took over."""
    last = written.get("pen")
    return bool(last) and last in (pen.name, pen.before) and written.get("digest") == now


def may_join(unit: str, stored: Any, other: Any) -> bool:
    """Whether two answers can be put together."""
    if isinstance(stored, list) and isinstance(other, list):
        return True
    texts = isinstance(stored, str) and isinstance(other, str)
    return texts and (unit in AREAS or unit in _JOINED_LINES or unit.startswith(f"{_EXTRA}."))


def joined(unit: str, stored: Any, other: Any) -> Any:
    """Both answers: texts below one another (on one line: with a stroke), lists without doubles."""
    if isinstance(stored, list):
        return [*stored, *(item for item in other if item not in stored)]
    return f"{stored} / {other}" if unit in _JOINED_LINES else f"{stored}\n\n{other}"
