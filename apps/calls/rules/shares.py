"""How much each criterion counts, in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _


def all_alike(weights: Sequence[Decimal]) -> bool:
    """Every criterion counts the same (or there is only one)."""
    return len(set(weights)) <= 1


def share_words(weights: Sequence[Decimal]) -> list[str]:
    """For each weight its part of the whole: ``40%``, ``about 33%`` where it is not a whole number.

    Empty words where all count the same: then one sentence says so. Weights are above 0.
    """
    if all_alike(weights):
        return ["" for _weight in weights]
    whole = sum(weights)
    return [_percent(weight * 100 / whole) for weight in weights]


def _percent(value: Decimal) -> str:
    rounded = max(1, int(value.quantize(Decimal(1))))
    if value == rounded:
        return _("%(number)d%% of the score") % {"number": rounded}
    return _("about %(number)d%% of the score") % {"number": rounded}
