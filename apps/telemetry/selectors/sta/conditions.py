"""A filter on observations as SQL: what it says of times and results, and of what they hang on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.evaluate import constant, names
from apps.telemetry.rules.sta.filters import COMPARISONS, Call, Expression, Not, Operation, Path
from apps.telemetry.rules.sta.kinds import ID_NAMES
from apps.telemetry.rules.sta.words import Interval, time_of

_SIGNS: Final = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_TURNED: Final = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_TIMES: Final = ("phenomenonTime", "resultTime")
#: The result as a number, a text, a truth; null where it is none.
_NUMBER: Final = "CASE WHEN jsonb_typeof({0}) = 'number' THEN ({0} #>> '{{}}')::float8 END"
_TEXT: Final = "CASE WHEN jsonb_typeof({0}) = 'string' THEN {0} #>> '{{}}' END"
_TRUTH: Final = "CASE WHEN jsonb_typeof({0}) = 'boolean' THEN {0} = 'true'::jsonb END"
_RESULT: Final = "e.value"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Condition:
    """SQL over ``u`` (the uplink) and ``e`` (name and value); never null."""

    sql: str = "true"
    parameters: tuple[Any, ...] = ()


def observation_id(deduplication_id: uuid.UUID, time: datetime, name: str) -> str:
    """Uplink, moment and decoded value: it stays when the value is decoded again."""
    return f"{deduplication_id}:{(time - _EPOCH) // timedelta(microseconds=1)}:{name}"


def observation_id_read(text: str) -> tuple[uuid.UUID, datetime, str] | None:
    """What ``observation_id`` was made of; None for any other text."""
    identity, _colon, rest = text.partition(":")
    moment, colon, name = rest.partition(":")
    try:
        if not colon or not moment.isascii() or len(moment) > 18:
            return None
        return uuid.UUID(identity), _EPOCH + timedelta(microseconds=int(moment)), name
    except (ValueError, OverflowError):
        return None


def conjuncts(tree: Expression | None) -> list[Expression]:
    """What must hold all together."""
    if tree is None:
        return []
    if isinstance(tree, Operation) and tree.name == "and":
        return conjuncts(tree.left) + conjuncts(tree.right)
    return [tree]


def is_about_links(tree: Expression) -> bool:
    """Whether ``tree`` speaks of the datastream or the feature only."""
    paths = names(tree)
    return bool(paths) and all(path.parts[0] in ("Datastream", "FeatureOfInterest") for path in paths)


def condition_of(trees: list[Expression]) -> Condition:
    """SQL that says what ``trees`` say together; raises ``BadOption`` for what is not asked of a table."""
    parts = [_condition(tree) for tree in trees]
    if not parts:
        return Condition()
    return _joined("AND", parts)


def _joined(sign: str, parts: list[Condition]) -> Condition:
    sql = f" {sign} ".join(f"({part.sql})" for part in parts)
    return Condition(sql, tuple(value for part in parts for value in part.parameters))


def _refuse(tree: Expression) -> BadOption:
    text = _("Of observations $filter can compare phenomenonTime, resultTime, result, id and Datastream/….")
    return BadOption("$filter", text, at=tree.at)


def _condition(tree: Expression) -> Condition:
    known = constant(tree)
    if known is not None:
        return Condition("true" if known[0] is True else "false")
    if isinstance(tree, Not):
        inner = _condition(tree.inner)
        return Condition(f"NOT ({inner.sql})", inner.parameters)
    if isinstance(tree, Operation) and tree.name in ("and", "or"):
        return _joined(tree.name.upper(), [_condition(tree.left), _condition(tree.right)])
    if isinstance(tree, Operation) and tree.name in COMPARISONS:
        return _comparison(tree)
    if isinstance(tree, Call):
        return _call(tree)
    raise _refuse(tree)


def _comparison(tree: Operation) -> Condition:
    name, left, right = tree.name, tree.left, tree.right
    if not isinstance(left, Path):
        name, left, right = _TURNED.get(name, name), right, left
    value = constant(right)
    if not isinstance(left, Path) or value is None:
        raise _refuse(tree)
    return _compared(name, left, value[0], tree)


def _compared(name: str, path: Path, value: Any, tree: Expression) -> Condition:
    if path.parts[0] in _TIMES:
        return _time_compared(name, value)
    if path.parts == ("result",):
        return _result_compared(name, value)
    if path.parts[0] in ID_NAMES and name in ("eq", "ne"):
        return _id_compared(name, value)
    raise _refuse(tree)


def _time_compared(name: str, value: Any) -> Condition:
    if isinstance(value, str):
        value = time_of(value)
    if isinstance(value, Interval):
        if name in ("eq", "ne"):
            return Condition("true" if name == "ne" else "false")
        before = name in ("lt", "le")
        return Condition("u.time < %s", (value.start,)) if before else Condition("u.time >= %s", (value.end,))
    if not isinstance(value, datetime):
        return Condition("true" if name == "ne" else "false")
    return Condition(f"u.time {_SIGNS[name]} %s", (value,))


def _result_compared(name: str, value: Any) -> Condition:
    if isinstance(value, bool):
        column = _TRUTH
    elif isinstance(value, int | float):
        column, value = _NUMBER, float(value)
    elif isinstance(value, str):
        column = _TEXT
    else:
        return Condition("true" if name == "ne" else "false")
    if column == _TRUTH and name not in ("eq", "ne"):
        return Condition("false")
    otherwise = "true" if name == "ne" else "false"
    sql = f"coalesce({column.format(_RESULT)} {_SIGNS[name]} %s, {otherwise})"
    return Condition(sql, (value,))


def _id_compared(name: str, value: Any) -> Condition:
    known = observation_id_read(value) if isinstance(value, str) else None
    if known is None:
        return Condition("true" if name == "ne" else "false")
    sql = "u.deduplication_id = %s AND u.time = %s AND e.key = %s"
    return Condition(sql if name == "eq" else f"NOT ({sql})", known)


_TEXTS: Final[dict[str, str]] = {
    "startswith": "starts_with({0}, %s)",
    "endswith": "right({0}, length(%s)) = %s",
    "contains": "strpos({0}, %s) > 0",
}


def _call(tree: Call) -> Condition:
    """``during(phenomenonTime, …)``, ``before``, ``after``, and texts in the result."""
    left, right = (*tree.arguments, None, None)[:2]
    if tree.name == "substringof":
        left, right = right, left
    value = constant(right) if right is not None else None
    if not isinstance(left, Path) or value is None:
        raise _refuse(tree)
    if left.parts[0] in _TIMES:
        return _time_called(tree, value[0])
    name = "contains" if tree.name == "substringof" else tree.name
    if left.parts != ("result",) or name not in _TEXTS:
        raise _refuse(tree)
    if not isinstance(value[0], str):
        return Condition("false")
    sql = _TEXTS[name].format(_TEXT.format(_RESULT))
    return Condition(f"coalesce({sql}, false)", (value[0],) * sql.count("%s"))


def _time_called(tree: Call, value: Any) -> Condition:
    if tree.name in ("before", "after"):
        return _time_compared("lt" if tree.name == "before" else "gt", value)
    if tree.name == "during" and isinstance(value, Interval):
        return Condition("u.time >= %s AND u.time < %s", (value.start, value.end))
    raise _refuse(tree)
