"""The places of public trials by their names, as exactly as each may be shown."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from apps.core.registry import NamedPlace
from apps.trials.enums import Precision
from apps.trials.models import Site, Trial
from apps.trials.rules import public_place

MOST = 30


def places_named(words: str) -> Iterator[NamedPlace]:
    """Shown places whose names have ``words``; one query. A hidden place is not found by its name."""
    sites = (
        Site.objects.filter(trial__in=Trial.objects.public(), name__icontains=words, point__isnull=False)
        .exclude(precision=Precision.HIDDEN)
        .exclude(name="")
        .order_by("name")
    )
    for site in sites[:MOST]:
        point = site.point
        place = point and public_place(latitude=point.y, longitude=point.x, precision=site.precision)
        if place:
            yield NamedPlace(
                site.name, place.latitude, place.longitude, not place.mesh, _("place of a trial")
            )
