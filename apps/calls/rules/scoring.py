"""Scores of a review and of several: each criterion on its own scale, brought together by weight.

A review's total is Σ w·norm(v) / Σ w over the criteria that were judged, with norm(v) the place of v on
the criterion's scale from 0 to 1. A criterion that the reviewer cannot judge is left out, with its
weight; it never counts as the lowest score. Totals are shown on the scale that the criteria share, or
from 0 to 100 where they have several.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import fsum
from statistics import median
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

#: Where totals are shown when the criteria have several scales.
HUNDRED = (0, 100)
#: Decimals that a total keeps: enough for any page, and the same whatever order it was summed in.
PLACES = 6


@dataclass(frozen=True)
class Scale:
    """The scale of one criterion, from ``low`` to ``high`` (both may be given), and its weight (> 0)."""

    low: int
    high: int
    weight: Decimal = Decimal(1)

    def holds(self, value: int) -> bool:
        return self.low <= value <= self.high

    def norm(self, value: int) -> float:
        """The place of ``value`` between the ends, 0–1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Aggregate:
    """What several reviews say together, on the scale of ``span_of``; None while there is none.

    ``count``: reviews that have a total (one in which nothing could be judged has none); ``spread``:
    highest minus lowest.
    """

    count: int = 0
    median: float | None = None
    mean: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def spread(self) -> float | None:
        if self.lowest is None or self.highest is None:
            return None
        return round(self.highest - self.lowest, PLACES)


def span_of(scales: Iterable[Scale]) -> tuple[int, int]:
    """The scale on which totals are shown: (lowest, highest)."""
    found = {(scale.low, scale.high) for scale in scales}
    return found.pop() if len(found) == 1 else HUNDRED


def total(scores: Mapping[Key, int | None], scales: Mapping[Key, Scale]) -> float | None:
    """One review's weighted mean on the scale of ``span_of``; None when nothing was judged.

    ``scores``: the value of each criterion, None for “cannot judge”. Criteria that ``scales`` does not
    know, and values outside their scale (it was changed since), are left out.
    """
    judged = [
        (float(scale.weight), scale.norm(value))
        for key, scale in scales.items()
        if (value := scores.get(key)) is not None and scale.holds(value)
    ]
    if not judged:
        return None
    share = fsum(weight * norm for weight, norm in judged) / fsum(weight for weight, _norm in judged)
    low, high = span_of(scales.values())
    return round(low + min(max(share, 0.0), 1.0) * (high - low), PLACES)


def aggregate(totals: Iterable[float | None]) -> Aggregate:
    """Median, mean and spread of the reviews' totals; those without one are not counted."""
    values = sorted(value for value in totals if value is not None)
    if not values:
        return Aggregate()
    return Aggregate(
        count=len(values),
        median=round(median(values), PLACES),
        mean=round(fsum(values) / len(values), PLACES),
        lowest=values[0],
        highest=values[-1],
    )
