"""Where devices stand, for what is counted of places."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from apps.calls.enums import PersonalData
from apps.core.mesh import quarter_code
from apps.devices.models import Device
from apps.network.enums import Shown
from apps.trials.enums import Precision
from apps.trials.models import Site

#: From the most private; a trial that names no place is shown as a place is by default.
_SHOWN = (
    (Precision.HIDDEN, Shown.STAFF),
    (Precision.DISTRICT, Shown.DISTRICT),
    (Precision.POINT, Shown.SQUARE),
)


class Standing(NamedTuple):
    """A device's square (250 m; empty: not known), and how exactly it may be shown (``enums.Shown``).

    ``shown`` is empty when nothing of it is counted: its trial touches personal data.
    """

    mesh: str
    shown: str


def device_standings(devices: Collection[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """Where ``devices`` stand. Two queries.

    The most private place of a trial decides how all its devices are shown.
    """
    rows = list(
        Device.objects.filter(pk__in=devices)
        .order_by()
        .values_list("pk", "place", "trial_id", "trial__application__personal_data")
    )
    kinds: dict[uuid.UUID, set[str]] = defaultdict(set)
    sites = Site.objects.filter(trial__in={row[2] for row in rows}).order_by()
    for trial, precision in sites.values_list("trial_id", "precision").distinct():
        kinds[trial].add(precision)
    return {
        device: Standing(
            square_of(place.y, place.x) if place else "",
            "" if personal == PersonalData.YES else _shown(kinds[trial]),
        )
        for device, place, trial, personal in rows
    }


def _shown(kinds: set[str]) -> str:
    return next((shown.value for precision, shown in _SHOWN if precision in kinds), Shown.DISTRICT.value)


@lru_cache(maxsize=16384)
def square_of(latitude: float, longitude: float) -> str:
    """The 250 m square of a place; empty outside the grid (a tracker without a fix says 0, 0)."""
    try:
        return quarter_code(latitude, longitude)
    except ValueError:
        return ""
