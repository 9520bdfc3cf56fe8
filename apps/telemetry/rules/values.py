"""Numbers in what devices sent: where data is missing, what a chart keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def gaps_between(seconds: Sequence[int], interval: int) -> list[list[int]]:
    """Stretches [from, to] longer than four intervals (30 min at least) in which nothing arrived."""
    limit = max(4 * interval, 1800)
    return [[a, b] for a, b in zip(seconds, seconds[1:], strict=False) if b - a > limit]


def thinned(points: Sequence[tuple[int, float]], most: int) -> Sequence[tuple[int, float]]:
    """At most ``most`` of ``points``: of each stretch the lowest and the highest, so no peak is lost."""
    if len(points) <= most:
        return points
    pairs = most // 2
    kept: list[tuple[int, float]] = []
    for number in range(pairs):
        part = points[number * len(points) // pairs : (number + 1) * len(points) // pairs]
        low, high = min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])
        kept += sorted({low, high})
    return kept


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
