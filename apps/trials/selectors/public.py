"""Reading trials as everyone does: the list, one trial, its places at their precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.trials.enums import Precision
from apps.trials.models import Participant, Site, Trial, TrialQuerySet
from apps.trials.rules import PublicPlace, public_place


def public_trials(*, fiscal_year: int | None = None) -> TrialQuerySet:
    """Adopted trials for everyone, newest first, with what a row shows."""
    trials = Trial.objects.public().select_related("organization").prefetch_related("sites")
    if fiscal_year is not None:
        trials = trials.filter(fiscal_year=fiscal_year)
    return trials.order_by("-fiscal_year", "-code")


def public_trials_with_participants(*, fiscal_year: int | None = None) -> TrialQuerySet:
    """``public_trials`` with everyone who takes part, for a trial's page and the API."""
    participants = Participant.objects.select_related("organization")
    return public_trials(fiscal_year=fiscal_year).prefetch_related(
        Prefetch("participants", queryset=participants)
    )


def public_years() -> list[tuple[int, int]]:
    """Fiscal years with public trials and how many each has, newest first."""
    counted = (
        Trial.objects.public().order_by("-fiscal_year").values("fiscal_year").annotate(number=Count("pk"))
    )
    return [(row["fiscal_year"], row["number"]) for row in counted]


#: Trials of earlier years that a page shows before it sends people to the list.
FEW = 3


def earlier_trials(year: int) -> tuple[list[Trial], int]:
    """The newest adopted trials of the fiscal years before ``year``, and how many there are in all."""
    rows = public_trials().filter(fiscal_year__lt=min(year, 9999), application__isnull=False)
    found = list(rows[:FEW])
    return found, rows.count() if len(found) == FEW else len(found)


def access_public_trial(*, code: str) -> Trial:
    """A public trial; raises ``NotFound``."""
    trial = public_trials_with_participants().filter(code=code).first()
    if trial is None:
        raise NotFound(_("This page does not exist."))
    return trial


@dataclass(frozen=True)
class ShownSite:
    """A place as the public sees it: its name, and where (None: not on the map)."""

    name: str
    place: PublicPlace | None


def shown_site(site: Site) -> ShownSite:
    """What the public sees of ``site``. A hidden one has neither name nor point."""
    if site.precision == "hidden":
        return ShownSite(name="", place=None)
    point: Point | None = site.point
    place = public_place(latitude=point.y, longitude=point.x, precision=site.precision) if point else None
    return ShownSite(name=site.name, place=place)


def shown_sites(sites: Iterable[Site]) -> list[ShownSite]:
    """The sites of which anything is shown."""
    shown = (shown_site(site) for site in sites)
    return [site for site in shown if site.name or site.place]


@dataclass(frozen=True)
class TrialRow:
    """A trial as a list shows it. ``language`` is set when the title is not in the page's language."""

    trial: Trial
    number: int
    title: str
    language: str
    phase: str
    sites: list[ShownSite]
    #: How it came out, once its report is published; else empty.
    outcome: str = ""
    themes: tuple[str, ...] = ()
    #: At least one place of it is not shown.
    hides: bool = False

    @property
    def place(self) -> str:
        return next((site.name for site in self.sites if site.name), "")

    @property
    def more_places(self) -> int:
        return max(0, len([site for site in self.sites if site.name]) - 1)

    @property
    def hidden(self) -> bool:
        """It has places, and none of them is shown."""
        return self.hides and not self.sites

    @property
    def sign(self) -> tuple[str, str]:
        """Family and state of the sign that list and map share: how it came out, else where it stands."""
        return ("outcome", self.outcome) if self.outcome else ("trial", self.phase)

    @property
    def approximate(self) -> bool:
        """A place is shown as its 1 km square."""
        return any(site.place and site.place.mesh for site in self.sites)


def trial_row(
    trial: Trial, language: str, number: int, *, outcome: str = "", themes: tuple[str, ...] = ()
) -> TrialRow:
    """``trial`` for a list in ``language``; ``number`` is its number there and on the map."""
    sites = list(trial.sites.all())
    return TrialRow(
        trial=trial,
        number=number,
        title=trial.localized("title", language),
        language="ja" if language != "ja" and not trial.title_en else "",
        phase=trial.phase().value,
        sites=shown_sites(sites),
        outcome=outcome,
        themes=themes,
        hides=any(site.precision == Precision.HIDDEN for site in sites),
    )


def map_markers(rows: Iterable[TrialRow]) -> list[dict[str, Any]]:
    """Markers for the map component: one for each shown place, numbered as in the list."""
    return [
        {
            "lat": site.place.latitude,
            "lon": site.place.longitude,
            "number": row.number,
            "family": row.sign[0],
            "state": row.sign[1],
            "title": row.title,
            "url": row.trial.get_absolute_url(),
        }
        for row in rows
        for site in row.sites
        if site.place
    ]
