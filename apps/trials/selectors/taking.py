"""The public list to take away: rows for CSV, and GeoJSON. What the page does not show is not in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core.components.states import OUTCOME
from apps.trials.enums import ParticipantRole
from apps.trials.models import Trial
from apps.trials.selectors.listing import KIND_WORDS, PHASE_WORDS
from apps.trials.selectors.public import TrialRow

Base = Callable[[str], str]


def partners_of(trial: Trial) -> list[str]:
    """Names of those who take part beside the lead."""
    return [row.organization.name for row in trial.participants.all() if row.role != ParticipantRole.LEAD]


def _outcome(code: str) -> str:
    return str(OUTCOME[code].word) if code in OUTCOME else ""


def _place(row: TrialRow) -> tuple[str, float | None, float | None, str]:
    """Names, the first shown point and its square; a hidden place says so in words."""
    names = "、".join(site.name for site in row.sites if site.name)
    first = next((site.place for site in row.sites if site.place), None)
    if row.hidden:
        return _("The place is not shown."), None, None, ""
    return (names, first.latitude, first.longitude, first.mesh) if first else (names, None, None, "")


def table(rows: Iterable[TrialRow], *, base: Base) -> Iterator[tuple[Any, ...]]:
    """The list as a table, head first; ``base`` makes an address whole."""
    yield (
        _("No."), _("Number"), _("Title"), _("Title (English)"), _("Kind of trial"), _("Fiscal year"),
        _("Lead"), _("Kind of organization"), _("Partners"), _("State"), _("From"), _("Until"), _("Themes"),
        _("Outcome"), _("Place"), _("Latitude"), _("Longitude"), _("1 km square"), pgettext("file", "Page"),
    )  # fmt: skip
    for row in rows:
        trial = row.trial
        yield (
            row.number, trial.code, trial.title, trial.title_en, str(KIND_WORDS[trial.kind]),
            trial.fiscal_year, trial.organization.name, trial.organization.get_kind_display(),
            "、".join(partners_of(trial)), str(PHASE_WORDS[row.phase]), trial.starts_on.isoformat(),
            trial.ends_on.isoformat(), "、".join(row.themes), _outcome(row.outcome), *_place(row),
            base(trial.get_absolute_url()),
        )  # fmt: skip


def _properties(row: TrialRow, base: Base) -> dict[str, Any]:
    trial = row.trial
    return {
        "number": row.number,
        "code": trial.code,
        "title": trial.title,
        "title_en": trial.title_en,
        "kind": trial.kind,
        "fiscal_year": trial.fiscal_year,
        "organization": trial.organization.name,
        "organization_kind": trial.organization.kind,
        "partners": partners_of(trial),
        "phase": row.phase,
        "starts_on": trial.starts_on.isoformat(),
        "ends_on": trial.ends_on.isoformat(),
        "themes": trial.themes,
        "outcome": row.outcome or None,
        "url": base(trial.get_absolute_url()),
    }


def geojson(rows: Iterable[TrialRow], *, base: Base) -> dict[str, Any]:
    """A FeatureCollection (RFC 7946): a feature for each shown place, one without geometry for a trial
    that shows none. ``mesh``: the code of the 1 km square whose middle is given."""
    features = [feature for row in rows for feature in _features(row, _properties(row, base))]
    return {"type": "FeatureCollection", "features": features}


def _features(row: TrialRow, properties: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site.place.longitude, site.place.latitude]},
            "properties": {**properties, "place": site.name, "mesh": site.place.mesh},
        }
        for site in row.sites
        if site.place
    ]
    names = "、".join(site.name for site in row.sites)
    nowhere = {"type": "Feature", "geometry": None, "properties": {**properties, "place": names, "mesh": ""}}
    return found or [nowhere]
