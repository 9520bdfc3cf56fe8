"""Events as a broken network server, a bad proxy or a stranger would send them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

from apps.core import clock
from tests.factories.telemetry import uplink_event


def nested(levels: int) -> list[Any]:
    """A list in a list in a list …"""
    inner: list[Any] = []
    for _level in range(levels - 1):
        inner = [inner]
    return inner


#: What stands where something else was expected.
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, -1e308, 2**31, 2**63, 2**64, 10**400, "", " ", "\u0000", "a\u0000b",
    "\ud800", "𠮷", "ａｂｃ",
    "x" * 5000, [], {}, [[]], [None], {"": ""}, [0] * 2000, "NaN", "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z", "2026-11-01T00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "AAAA====", "!!!!", "A" * 400_000, nested(50), nested(300),
]  # fmt: skip
KINDS = ("up", "join", "ack", "txack", "log", "status", "location", "unknown", "", "UP")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside ``value``."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from _places(part, (*path, key))


def _put(event: dict[str, Any], path: tuple[Any, ...], chance: random.Random) -> None:
    target: Any = event
    for key in path[:-1]:
        target = target[key]
    act = chance.random()
    if act < 0.25 and isinstance(target, dict):
        del target[path[-1]]
    elif act < 0.35 and isinstance(target, dict):
        target[chance.choice(["x", "\u0000", "Time", "deduplication_id"])] = target.pop(path[-1])
    else:
        target[path[-1]] = deepcopy(chance.choice(ODD))


def mutated(number: int, dev_eui: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """``number`` messages (topic, payload): some whole, most changed in places, some in bytes or topic."""
    chance = random.Random(seed)
    begin = clock.now() - timedelta(days=3)
    for place in range(number):
        event = uplink_event(dev_eui, f_cnt=place % 70_000, time=begin + timedelta(seconds=place % 200_000))
        for _turn in range(chance.choice((0, 1, 1, 1, 2, 4))):
            _put(event, chance.choice(list(_places(event)) or [("x",)]), chance)
        body = bytearray(json.dumps(event).encode("utf-8", "surrogatepass"))
        if chance.random() < 0.15:
            for _turn in range(chance.randrange(1, 6)):
                body[chance.randrange(len(body))] = chance.randrange(256)
        if chance.random() < 0.05:
            del body[chance.randrange(len(body)) :]
        kind = "up" if chance.random() < 0.7 else chance.choice(KINDS)
        topic = f"application/a/device/{dev_eui}/event/{kind}"
        if chance.random() < 0.03:
            topic = chance.choice(["", "x" * 400, "application//device//event/", "\u0000", f"http/{dev_eui}"])
        yield topic, bytes(body)
