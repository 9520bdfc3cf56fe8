"""Reading trials: the door to one, the public list, what a page shows of places and quotas."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.gis.geos import Point
from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Organization
from apps.trials.enums import QuotaKind
from apps.trials.models import Participant, Site, Trial, TrialQuerySet, TrialQuota
from apps.trials.permissions import manages_trial
from apps.trials.rules import PublicPlace, public_place

if TYPE_CHECKING:
    from apps.accounts.models import User


def access_organization_trials(*, actor: User | Any, organization: uuid.UUID) -> Organization:
    """The organization, when the actor may see it; raises ``NotFound``."""
    found = Organization.objects.visible_to(actor).filter(pk=organization).first()
    if found is None:
        raise NotFound(_("This page does not exist."))
    return found


def access_trial(
    *, actor: User | Any, organization: uuid.UUID, code: str, write: bool = False
) -> tuple[Trial, Organization]:
    """The trial ``code`` in which ``organization`` takes part, and that organization.

    A stranger learns nothing (``NotFound``); who may only read is told so (``NotAllowed``).
    """
    owner = access_organization_trials(actor=actor, organization=organization)
    trial = (
        Trial.objects.visible_to(actor)
        .filter(code=code, participants__organization=owner)
        .select_related("organization")
        .first()
    )
    if trial is None:
        raise NotFound(_("This page does not exist."))
    if write and not manages_trial(actor, trial, owner):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))
    return trial, owner


def trials_of(organization: Organization) -> TrialQuerySet:
    """Trials in which ``organization`` takes part, the newest first."""
    return Trial.objects.filter(participants__organization=organization).distinct()


def public_trials(*, fiscal_year: int | None = None) -> TrialQuerySet:
    """Adopted trials for everyone, newest first, with what a row shows."""
    trials = Trial.objects.public().select_related("organization")
    if fiscal_year is not None:
        trials = trials.filter(fiscal_year=fiscal_year)
    participants = Participant.objects.select_related("organization")
    trials = trials.prefetch_related("sites", Prefetch("participants", queryset=participants))
    return trials.order_by("-fiscal_year", "-code")  # type: ignore[return-value]


def public_years() -> list[tuple[int, int]]:
    """Fiscal years with public trials and how many each has, newest first."""
    counted = (
        Trial.objects.public().order_by("-fiscal_year").values("fiscal_year").annotate(number=Count("pk"))
    )
    return [(row["fiscal_year"], row["number"]) for row in counted]


def access_public_trial(*, code: str) -> Trial:
    """A public trial; raises ``NotFound``."""
    trial = public_trials().filter(code=code).first()
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


def quotas(trial: Trial) -> dict[str, TrialQuota]:
    """The trial's quotas by kind."""
    return {row.kind: row for row in TrialQuota.objects.filter(trial=trial)}


def quota_limit(*, trial: Trial, kind: QuotaKind) -> int:
    """How much of ``kind`` is granted to ``trial``; 0 when nothing is."""
    row = TrialQuota.objects.filter(trial=trial, kind=kind).first()
    return row.granted if row else 0
