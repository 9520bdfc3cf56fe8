"""What a filter says of one entity.

A path may lead to several values (``Datastreams/name``): a comparison holds if it holds for any of them.
Values of different kinds are never equal, and none is greater; nothing is an error.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.utils.translation import gettext as _

from apps.core import clock
from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.filters import (
    COMPARISONS,
    Call,
    Expression,
    Literal,
    Not,
    Operation,
    Path,
    Shape,
)
from apps.telemetry.rules.sta.words import Interval, time_of

#: The values that a path leads to.
Reach = Callable[[Path], Sequence[Any]]
#: Pairs of values that one operation may look at.
_MOST: Final = 20_000
_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def holds(tree: Expression, reach: Reach, option: str = "$filter") -> bool:
    """Whether ``tree`` is true; raises ``BadOption`` only for what no entity could answer."""
    return any(value is True for value in values_of(tree, reach, option))


def constant(tree: Expression, option: str = "$filter") -> tuple[Any] | None:
    """The value of a tree that names no property (``now() sub duration'P1D'``), in a tuple; else None."""
    if names(tree):
        return None
    return (next(iter(values_of(tree, lambda path: (), option)), None),)


def names(tree: Expression) -> list[Path]:
    """Every path in ``tree``."""
    if isinstance(tree, Path):
        return [tree]
    if isinstance(tree, Call):
        return [path for part in tree.arguments for path in names(part)]
    if isinstance(tree, Operation):
        return names(tree.left) + names(tree.right)
    return names(tree.inner) if isinstance(tree, Not) else []


def values_of(tree: Expression, reach: Reach, option: str) -> Sequence[Any]:
    """The values of ``tree``: one, or as many as a path in it leads to."""
    if isinstance(tree, Literal):
        return (tree.value,)
    if isinstance(tree, Shape):
        return (_shape(tree, option),)
    if isinstance(tree, Path):
        return reach(tree)
    if isinstance(tree, Not):
        return (not holds(tree.inner, reach, option),)
    if isinstance(tree, Call):
        return _called(tree, [values_of(part, reach, option) for part in tree.arguments], option)
    if tree.name in ("and", "or"):
        first = holds(tree.left, reach, option)
        return (first if first is (tree.name == "or") else holds(tree.right, reach, option),)
    left, right = values_of(tree.left, reach, option), values_of(tree.right, reach, option)
    if len(left) * len(right) > _MOST:
        raise BadOption(option, _("This compares too much with too much."), at=tree.at)
    if tree.name in COMPARISONS:
        # What leads nowhere is null.
        return (any(compared(tree.name, a, b) for a in left or (None,) for b in right or (None,)),)
    return [_reckoned(tree.name, a, b) for a in left for b in right]


def compared(name: str, left: Any, right: Any) -> bool:
    """``left`` against ``right``; a text that is a time counts as one beside a time."""
    left, right = _alike(left, right), _alike(right, left)
    if isinstance(right, Interval) and isinstance(left, datetime):
        return _beside(name, left, right)
    if name in ("eq", "ne"):
        same = _kind(left) == _kind(right) and bool(left == right)
        return same if name == "eq" else not same
    if _kind(left) != _kind(right) or _kind(left) not in ("number", "text", "time", "duration"):
        return False
    return _SIGNS[name](left, right)


def _beside(name: str, left: datetime, right: Interval) -> bool:
    if name in ("lt", "le"):
        return left < right.start
    if name in ("gt", "ge"):
        return left >= right.end
    return name == "ne"


def _alike(value: Any, other: Any) -> Any:
    if isinstance(value, str) and isinstance(other, datetime | Interval):
        return time_of(value) or value
    return value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    for kind, types in (("text", str), ("time", datetime), ("duration", timedelta)):
        if isinstance(value, types):
            return kind
    return "nothing" if value is None else "other"


def _reckoned(name: str, left: Any, right: Any) -> Any:
    """``left`` and ``right`` added …; None where that says nothing."""
    kinds = (_kind(left), _kind(right))
    if kinds not in (("number", "number"), ("time", "duration"), ("time", "time")):
        return None
    try:
        if name == "add":
            return left + right
        if name == "sub":
            return left - right
        if kinds != ("number", "number"):
            return None
        if name == "mul":
            return float(left) * right
        return left / right if name == "div" else math.fmod(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return None


def _called(tree: Call, given: list[Sequence[Any]], option: str) -> Sequence[Any]:
    rows: list[tuple[Any, ...]] = [()]
    for values in given:
        rows = [(*row, value) for row in rows for value in values]
        if len(rows) > _MOST:
            raise BadOption(option, _("This compares too much with too much."), at=tree.at)
    return [_answer(tree.name, row) for row in rows]


def _answer(name: str, row: tuple[Any, ...]) -> Any:
    if name == "now":
        return clock.now().astimezone(UTC)
    try:
        return _FUNCTIONS[name](*row)
    except (TypeError, ValueError, AttributeError, ArithmeticError, GEOSException, GDALException):
        return None


def _part(name: str) -> Callable[[Any], Any]:
    def part(value: Any) -> Any:
        moment = _alike(value, _EPOCH)
        return getattr(moment.astimezone(UTC), name) if isinstance(moment, datetime) else None

    return part


def _text(function: Callable[..., Any]) -> Callable[..., Any]:
    def on_texts(*row: Any) -> Any:
        return function(*row) if all(isinstance(value, str) for value in row) else None

    return on_texts


def _rounded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: function(value) if _kind(value) == "number" else None


def _during(value: Any, interval: Any) -> bool:
    moment = _alike(value, _EPOCH)
    known = isinstance(moment, datetime) and isinstance(interval, Interval)
    return known and interval.start <= moment < interval.end


def _shape(tree: Shape, option: str) -> GEOSGeometry:
    try:
        return GEOSGeometry(tree.text, srid=4326)
    except (ValueError, TypeError, GEOSException, GDALException):
        raise BadOption(option, _("This geometry cannot be read."), at=tree.at) from None


def _geometry(value: Any) -> GEOSGeometry | None:
    if isinstance(value, GEOSGeometry):
        return value
    point = value.get("coordinates") if isinstance(value, dict) and value.get("type") == "Point" else None
    return GEOSGeometry(f"POINT ({point[0]} {point[1]})", srid=4326) if point else None


def _meets(left: Any, right: Any) -> bool:
    one, other = _geometry(left), _geometry(right)
    return bool(one and other and one.intersects(other))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "substringof": _text(lambda part, text: part in text),
    "contains": _text(lambda text, part: part in text),
    "startswith": _text(str.startswith),
    "endswith": _text(str.endswith),
    "length": _text(len),
    "indexof": _text(str.find),
    "substring": lambda text, start, length=None: (
        text[max(start, 0) :][:length] if isinstance(text, str) and start >= 0 else None
    ),
    "tolower": _text(str.lower),
    "toupper": _text(str.upper),
    "trim": _text(str.strip),
    "concat": _text(operator.add),
    "round": _rounded(lambda value: math.floor(value + 0.5)),
    "floor": _rounded(math.floor),
    "ceiling": _rounded(math.ceil),
    "before": lambda left, right: compared("lt", left, right),
    "after": lambda left, right: compared("gt", left, right),
    "during": _during,
    "geo.intersects": _meets,
    "st_intersects": _meets,
    "st_within": _meets,
    **{name: _part(name) for name in ("year", "month", "day", "hour", "minute", "second")},
}
