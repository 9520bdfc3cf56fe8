"""The dots of a few scores on their scale, as the attributes of a small drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: The drawing, in its own units; the scale runs from LEFT to RIGHT, its line lies at BASE.
WIDTH, HEIGHT = 190, 46
LEFT, RIGHT, BASE = 9, 181, 34
RADIUS = 5
#: Dots of the same score stand on one another; more than this many touch the top and share it.
MOST_HIGH = 3
#: Dots nearer than this (in units) stand on one another as well.
NEAR = 2 * RADIUS + 1


@dataclass(frozen=True)
class Dots:
    """``ticks``: x of each mark of the scale; ``dots``: (x, y) of each score; ``median``, ``mean``: x."""

    ticks: list[float]
    dots: list[tuple[float, float]]
    median: float | None
    mean: float | None


def place(value: float, span: tuple[int, int]) -> float:
    """Where ``value`` stands between LEFT and RIGHT."""
    low, high = span
    share = (value - low) / (high - low)
    return round(LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT), 1)


def dots_of(
    totals: Sequence[float], *, span: tuple[int, int], median: float | None, mean: float | None
) -> Dots:
    """The drawing of ``totals`` on ``span`` (lowest, highest)."""
    low, high = span
    marks = high - low if high - low <= 10 else 4
    ticks = [place(low + (high - low) * step / marks, span) for step in range(marks + 1)]
    stacked: Counter[int] = Counter()
    dots = []
    columns: list[float] = []
    for x in sorted(place(value, span) for value in totals):
        if not columns or x - columns[-1] >= NEAR:
            columns.append(x)
        number = len(columns)
        level = min(stacked[number], MOST_HIGH - 1)
        stacked[number] += 1
        dots.append((x, float(BASE - level * NEAR)))
    return Dots(
        ticks,
        dots,
        None if median is None else place(median, span),
        None if mean is None else place(mean, span),
    )
