"""JSON of what was stored: whatever a device sent once must not be refused when it is read."""

from __future__ import annotations

from typing import Any

import orjson


def json_bytes(value: Any, option: int = 0) -> bytes:
    """``value`` as JSON by orjson; what JSON does not know becomes its text.

    A whole number beyond 64 bits, which orjson refuses, becomes the nearest number that programs know:
    PostgreSQL gives 1e20 back as 100000000000000000000. One beyond those becomes null.
    """
    try:
        return orjson.dumps(value, default=str, option=option)
    except TypeError:
        return orjson.dumps(_nearest(value), default=str, option=option)


def _nearest(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _nearest(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_nearest(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        try:
            return float(value)
        except OverflowError:
            return None
    return value


def is_deep(value: Any, levels: int) -> bool:
    """Whether lists and objects stand in each other more than ``levels`` deep. Without recursion."""
    level = [value]
    for _number in range(levels + 1):
        parts = [part for part in level if isinstance(part, dict | list)]
        if not parts:
            return False
        level = [one for part in parts for one in (part.values() if isinstance(part, dict) else part)]
    return True
