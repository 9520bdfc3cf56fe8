"""The body of a message: ``{"type", "timestamp", "data"}``, and many readings in few messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from apps.core.json_text import json_bytes

#: Standard Webhooks: a receiver may refuse more.
MOST_BYTES: Final = 20_000
#: What is left out of a single reading that is too large, in this order; the API tells it.
_LEFT_OUT: Final = ("rx", "warnings", "values", "data")
_COMMA: Final = 1


def body_of(*, kind: str, data: dict[str, Any], at: datetime) -> bytes:
    """One message; times in UTC with ``Z``."""
    whole = {"type": kind, "timestamp": at.astimezone(UTC), "data": data}
    return json_bytes(whole, orjson.OPT_UTC_Z)


def bodies_of(
    *, kind: str, name: str, items: Sequence[dict[str, Any]], frame: dict[str, Any], at: datetime
) -> Iterator[bytes]:
    """Messages of at most ``MOST_BYTES`` with ``items`` under ``data[name]``, in order, as few as fit.

    An item too large alone is cut: ``left_out`` in it names what is missing.
    """
    room = MOST_BYTES - len(body_of(kind=kind, data={**frame, name: []}, at=at))
    gathered: list[dict[str, Any]] = []
    used = 0
    for item in items:
        fitting, size = _fitting(item, room)
        if gathered and used + size > room:
            yield body_of(kind=kind, data={**frame, name: gathered}, at=at)
            gathered, used = [], 0
        gathered.append(fitting)
        used += size
    if gathered:
        yield body_of(kind=kind, data={**frame, name: gathered}, at=at)


def _fitting(item: dict[str, Any], room: int) -> tuple[dict[str, Any], int]:
    size = _size(item)
    for name in _LEFT_OUT:
        if size <= room:
            break
        if item.get(name):
            item = {**item, name: None, "left_out": [*item.get("left_out", []), name]}
            size = _size(item)
    return item, size


def _size(item: dict[str, Any]) -> int:
    return len(json_bytes(item, orjson.OPT_UTC_Z)) + _COMMA
