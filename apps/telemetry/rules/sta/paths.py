"""The address of an entity: ``Things('…')/Datastreams('…')/Observations/$ref``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_STEP: Final = re.compile(r"([$@\w][\w.@:-]*)(?:\((?:'((?:[^']|'')*)'|([\w:.-]+))\))?(/|$)")
_MOST_STEPS: Final = 12


@dataclass(frozen=True)
class Step:
    name: str
    id: str | None


def path_parse(text: str) -> list[Step] | None:
    """The steps of an address, quoting of ids undone; None when it is none."""
    steps: list[Step] = []
    place = 0
    text = text.strip("/")
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None or len(steps) >= _MOST_STEPS:
            return None
        quoted, bare = match[2], match[3]
        steps.append(Step(match[1], quoted.replace("''", "'") if quoted is not None else bare))
        place = match.end()
    return steps or None
