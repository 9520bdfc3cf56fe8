"""The numbers of applications and trials for everyone.

Only what was told counts: an application is counted once its call has closed, an adoption once its
mail has left. What staff decide quietly changes no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, DateTimeField, ExpressionWrapper, F, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.calls.enums import ApplicationState, CallState
from apps.calls.models import Application, Call, Theme
from apps.core import clock
from apps.organizations.enums import OrganizationKind
from apps.trials.enums import TrialKind
from apps.trials.models import Trial
from apps.trials.selectors.listing import KIND_WORDS

#: States of an application whose adoption stands, once it was told.
STANDS = (ApplicationState.ADOPTED, ApplicationState.ACCEPTED)
#: Never counted as an application.
_NOT_HANDED_IN = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN)


@dataclass(frozen=True)
class YearNumbers:
    """One fiscal year. ``applications`` is None where no call of that year is known or has closed."""

    year: int
    applications: int | None
    adopted: int
    city: int
    joint: int
    #: Adopted, the city's own and joint ones of this and all years before.
    cumulative: int

    @property
    def trials(self) -> int:
        return self.adopted + self.city + self.joint


@dataclass(frozen=True)
class Group:
    """A theme or a kind: ``applications`` is None where nobody applies for it."""

    code: str
    name: str | Promise
    name_en: str
    applications: int | None
    adopted: int


@dataclass(frozen=True)
class TrialNumbers:
    years: list[YearNumbers]
    themes: list[Group]
    organizations: list[Group]
    kinds: list[Group]
    chart: dict[str, Any] | None
    caption: str

    @property
    def applications(self) -> int:
        return sum(row.applications or 0 for row in self.years)

    @property
    def adopted(self) -> int:
        return sum(row.adopted for row in self.years)

    @property
    def cumulative(self) -> int:
        return self.years[0].cumulative if self.years else 0


@dataclass
class _Tally:
    """Counts as the rows come in; keys are years, themes, kinds."""

    applied: Counter[int]
    adopted: Counter[int]
    themes: Counter[str]
    adopted_themes: Counter[str]
    kinds: Counter[str]
    adopted_kinds: Counter[str]

    @classmethod
    def empty(cls) -> _Tally:
        return cls(*(Counter() for _name in range(6)))

    def add(self, *, year: int, themes: list[str], kind: str, applied: bool, adopted: bool) -> None:
        codes = set(themes)
        if applied:
            self.applied[year] += 1
            self.themes.update(codes)
            self.kinds[kind] += 1
        if adopted:
            self.adopted[year] += 1
            self.adopted_themes.update(codes)
            self.adopted_kinds[kind] += 1


def _closed_calls(now: datetime) -> Any:
    """Calls that take nothing any more. Until then how many applied is nobody's business."""
    last = ExpressionWrapper(
        F("closes_at") + F("grace_minutes") * Value(timedelta(minutes=1)), output_field=DateTimeField()
    )
    return Call.objects.exclude(state=CallState.DRAFT).annotate(last=last).filter(last__lte=now)


def _tally(now: datetime) -> tuple[_Tally, set[int]]:
    """What was counted, and the years whose applications are known. Three queries."""
    tally = _Tally.empty()
    calls = dict(_closed_calls(now).values_list("pk", "fiscal_year"))
    told = Q(state__in=STANDS, decision_published_at__isnull=False)
    rows = (
        Application.objects.filter(call__in=calls)
        .exclude(state__in=_NOT_HANDED_IN)
        .annotate(
            stands=Case(When(told, then=Value(True)), default=Value(False), output_field=BooleanField())
        )
        .values_list("call", "themes", "org_kind", "stands")
    )
    for call, themes, kind, stands in rows.iterator(chunk_size=2000):
        tally.add(year=calls[call], themes=themes, kind=kind, applied=True, adopted=stands)
    # Trials of years before the portal have no application here.
    entered = Trial.objects.public().filter(kind=TrialKind.APPLICATION, application=None)
    for year, themes, kind in entered.order_by().values_list("fiscal_year", "themes", "organization__kind"):
        tally.add(year=year, themes=themes, kind=kind, applied=False, adopted=True)
    return tally, set(calls.values())


def _own(tally: _Tally) -> tuple[Counter[int], Counter[int]]:
    """The city's own and the joint trials by year; their themes join the tally. One query."""
    found: dict[str, Counter[int]] = {TrialKind.CITY: Counter(), TrialKind.JOINT: Counter()}
    rows = Trial.objects.public().filter(kind__in=list(found)).order_by()
    for kind, year, themes in rows.values_list("kind", "fiscal_year", "themes"):
        found[kind][year] += 1
        tally.adopted_themes.update(set(themes))
    return found[TrialKind.CITY], found[TrialKind.JOINT]


def _years(tally: _Tally, known: set[int], city: Counter[int], joint: Counter[int]) -> list[YearNumbers]:
    """The newest first."""
    found: list[YearNumbers] = []
    total = 0
    for year in sorted({*known, *tally.adopted, *city, *joint}):
        total += tally.adopted[year] + city[year] + joint[year]
        applied = tally.applied[year] if year in known else None
        found.append(YearNumbers(year, applied, tally.adopted[year], city[year], joint[year], total))
    return found[::-1]


def _known(applications: int, adopted: int) -> int | None:
    """Of trials from before the portal the applications are not known."""
    return applications or (None if adopted else 0)


def _theme_groups(tally: _Tally, language: str) -> list[Group]:
    groups = [
        Group(
            theme.code,
            theme.localized("name", language),
            theme.name_en,
            _known(tally.themes[theme.code], tally.adopted_themes[theme.code]),
            tally.adopted_themes[theme.code],
        )
        for theme in Theme.objects.order_by("order", "code")
    ]
    return [group for group in groups if group.applications or group.adopted]


def _organization_groups(tally: _Tally) -> list[Group]:
    names = [*OrganizationKind.choices, ("", _("Not answered"))]
    return [
        Group(
            code,
            str(name),
            "",
            _known(tally.kinds[code], tally.adopted_kinds[code]),
            tally.adopted_kinds[code],
        )
        for code, name in names
        if tally.kinds[code] or tally.adopted_kinds[code]
    ]


def trial_statistics(language: str, now: datetime | None = None) -> TrialNumbers:
    """All numbers, as of ``now``. Five queries, however many rows there are."""
    tally, known = _tally(now or clock.now())
    city, joint = _own(tally)
    years = _years(tally, known, city, joint)
    kinds = [
        Group(TrialKind.APPLICATION.value, "", "", tally.applied.total(), tally.adopted.total()),
        Group(TrialKind.CITY.value, "", "", None, city.total()),
        Group(TrialKind.JOINT.value, "", "", None, joint.total()),
    ]
    named = [
        Group(group.code, KIND_WORDS[group.code], "", group.applications, group.adopted) for group in kinds
    ]
    chart, caption = _chart(years[::-1])
    return TrialNumbers(
        years=years,
        themes=_theme_groups(tally, language),
        organizations=_organization_groups(tally),
        kinds=named,
        chart=chart,
        caption=caption,
    )


def _chart(years: list[YearNumbers]) -> tuple[dict[str, Any] | None, str]:
    """Bars by year, the oldest first; none for a single year."""
    if len(years) < 2:
        return None, ""
    best = max(years, key=lambda row: row.trials)
    data = {
        "kind": "bars",
        "unit": pgettext("unit", "trials"),
        "labels": [str(row.year) for row in years],
        # With few trials the axis would count in fractions.
        "max": max(4, best.trials),
        "series": [{"label": _("Trials begun"), "values": [row.trials for row in years]}],
    }
    caption = ngettext(
        "By the end of fiscal year %(year)d, %(count)d trial in all. Most began in %(best)d.",
        "By the end of fiscal year %(year)d, %(count)d trials in all. Most began in %(best)d.",
        years[-1].cumulative,
    )
    return data, caption % {"year": years[-1].year, "count": years[-1].cumulative, "best": best.year}


def statistics_rows(numbers: TrialNumbers) -> Iterator[tuple[Any, ...]]:
    """The rows of the CSV, head first; an unknown number is empty."""
    yield (
        _("Table"), _("Row"), _("Applications"), _("Adopted"), _("The city’s own"), _("City with citizens"),
        _("Trials in all so far"),
    )  # fmt: skip
    for row in numbers.years:
        yield (
            _("By fiscal year"), row.year, row.applications, row.adopted, row.city, row.joint, row.cumulative
        )  # fmt: skip
    tables = (
        (_("By theme"), numbers.themes),
        (_("By kind of organization"), numbers.organizations),
        (_("By kind of trial"), numbers.kinds),
    )
    for title, groups in tables:
        for group in groups:
            yield (title, str(group.name), group.applications, group.adopted, None, None, None)
