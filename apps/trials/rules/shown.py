"""What of a place the public sees, and how long a trial still runs."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from apps.core.mesh import mesh_centre, mesh_code
from apps.trials.enums import Precision


class PublicPlace(NamedTuple):
    """A place as the public sees it. ``mesh`` is empty when the very point is shown."""

    latitude: float
    longitude: float
    mesh: str


def public_place(*, latitude: float, longitude: float, precision: str) -> PublicPlace | None:
    """What of a point may be shown: the point, the centre of its 1 km square, or nothing.

    A point outside the grid of Japan is not shown at all unless the very point is.
    """
    if precision == Precision.POINT:
        return PublicPlace(round(latitude, 6), round(longitude, 6), "")
    if precision != Precision.DISTRICT:
        return None
    try:
        code = mesh_code(latitude, longitude)
    except ValueError:
        return None
    centre = mesh_centre(code)
    return PublicPlace(round(centre[0], 6), round(centre[1], 6), code)


def days_left(*, starts_on: date, ends_on: date, today: date) -> int:
    """Days of the trial from ``today`` on, today included; 0 when it is over."""
    return max(0, (ends_on - max(today, starts_on)).days + 1)
