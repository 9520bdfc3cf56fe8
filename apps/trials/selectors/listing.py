"""The public list of trials: what was asked for, its rows and counts, for page, CSV, map and API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.calls.models import Theme
from apps.core import clock, registry
from apps.core.search import search
from apps.organizations.enums import OrganizationKind
from apps.trials.enums import TrialKind, TrialPhase, TrialState
from apps.trials.models import Trial, TrialQuerySet
from apps.trials.selectors.public import TrialRow, public_trials, trial_row

#: What people who do not run the city call the kinds.
KIND_WORDS: dict[str, str | Promise] = {
    TrialKind.APPLICATION.value: _("Applied for by a company"),
    TrialKind.CITY.value: _("Run by the city"),
    TrialKind.JOINT.value: _("Run by the city with citizens"),
}
PHASE_WORDS: dict[str, str | Promise] = {
    TrialPhase.UPCOMING.value: pgettext_lazy("trial", "About to begin"),
    TrialPhase.RUNNING.value: pgettext_lazy("trial", "Running"),
    TrialPhase.PAUSED.value: pgettext_lazy("trial", "Paused"),
    TrialPhase.ENDED.value: pgettext_lazy("trial", "Ended"),
    TrialPhase.STOPPED.value: pgettext_lazy("trial", "Ended early"),
    TrialPhase.WITHDRAWN.value: pgettext_lazy("trial", "Withdrawn"),
}
MOST_QUERY = 100


@dataclass(frozen=True)
class TrialWish:
    """What of the list is asked for; empty: all. ``phase``: as the public sees it."""

    q: str = ""
    theme: str = ""
    kind: str = ""
    org: str = ""
    phase: str = ""
    year: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str], themes: Iterable[str], years: Iterable[int]) -> TrialWish:
        """From the parameters of an address; what is not known is passed over."""

        def known(name: str, values: Iterable[str]) -> str:
            value = given.get(name, "")
            return value if value in set(values) else ""

        year = known("year", map(str, years))
        return cls(
            q=" ".join(given.get("q", "").replace("\0", "").split())[:MOST_QUERY],
            theme=known("theme", themes),
            kind=known("kind", KIND_WORDS),
            org=known("org", OrganizationKind.values),
            phase=known("state", PHASE_WORDS),
            year=int(year) if year else None,
        )

    @property
    def narrows(self) -> bool:
        return self != TrialWish()

    @property
    def query(self) -> str:
        """The parameters of the address that ask for the same."""
        values = {"q": self.q, "theme": self.theme, "kind": self.kind, "org": self.org, "state": self.phase}
        values["year"] = str(self.year or "")
        return urlencode({name: value for name, value in values.items() if value})

    def without(self, *names: str) -> TrialWish:
        empty = TrialWish()
        return replace(self, **{name: getattr(empty, name) for name in names})


def with_phase(trials: QuerySet[Trial], today: date | None = None) -> Any:
    """``trials`` with ``phase_now``: what ``Trial.phase`` says of each, said by the database."""
    today = today or clock.local_date()
    over = Q(state__in=(TrialState.STOPPED, TrialState.WITHDRAWN))
    phase = Case(
        When(over & (Q(stopped_on=None) | Q(stopped_on__lte=today)), then=F("state")),
        When(ends_on__lt=today, then=Value(TrialPhase.ENDED.value)),
        When(
            Q(state=TrialState.PAUSED) & (Q(paused_on=None) | Q(paused_on__lte=today)),
            then=Value(TrialPhase.PAUSED.value),
        ),
        When(starts_on__gt=today, then=Value(TrialPhase.UPCOMING.value)),
        default=Value(TrialPhase.RUNNING.value),
        output_field=CharField(),
    )
    return trials.annotate(phase_now=phase)


def found_trials(wish: TrialWish, *, trials: TrialQuerySet | None = None) -> TrialQuerySet:
    """The public trials that ``wish`` asks for, newest first."""
    rows: Any = public_trials(fiscal_year=wish.year) if trials is None else trials
    if wish.q:
        rows = search(rows, query=wish.q, terms="search__terms", text="search__text")
    if wish.theme:
        rows = rows.filter(themes__contains=[wish.theme])
    if wish.kind:
        rows = rows.filter(kind=wish.kind)
    if wish.org:
        rows = rows.filter(organization__kind=wish.org)
    if wish.phase:
        rows = with_phase(rows).filter(phase_now=wish.phase)
    return rows  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Counts:
    """Of what was asked for: how many in each theme (whatever theme is chosen), and in each phase."""

    total: int
    themes: Counter[str]
    phases: Counter[str]


def counts_of(wish: TrialWish) -> Counts:
    """One query: themes and phase of every row that matches all but the theme."""
    rows = with_phase(found_trials(wish.without("theme")).order_by())
    themes: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    total = 0
    for codes, phase in rows.values_list("themes", "phase_now"):
        total += 1
        themes.update(set(codes))
        if not wish.theme or wish.theme in codes:
            phases[phase] += 1
    return Counts(total, themes, phases)


def theme_names(language: str) -> dict[str, str]:
    """Every theme by code, in the city's order, in ``language``."""
    return {row.code: row.localized("name", language) for row in Theme.objects.order_by("order", "code")}


def outcomes_of(trials: Sequence[Trial]) -> dict[Any, str]:
    """How the trials came out, by pk, where a published report tells it. Asked of whoever knows."""
    return registry.facts("trials.outcome", trials)


def listed(
    trials: Iterable[Trial], language: str, names: Mapping[str, str], *, start: int = 1
) -> list[TrialRow]:
    """``trials`` as rows, numbered from ``start``; their outcomes asked for at once."""
    found = list(trials)
    outcomes = outcomes_of(found)
    return [
        trial_row(
            trial,
            language,
            number,
            outcome=outcomes.get(trial.pk, ""),
            themes=tuple(names[code] for code in trial.themes if code in names),
        )
        for number, trial in enumerate(found, start=start)
    ]
