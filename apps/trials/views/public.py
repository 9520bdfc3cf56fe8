"""What everyone sees of trials: the list with its map, a page for each, files to take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core import clock, csv_file
from apps.core.components.states import OUTCOME
from apps.core.public_pages import keep_until, public_page
from apps.organizations.enums import OrganizationKind
from apps.trials.enums import TrialPhase
from apps.trials.models import TrialQuerySet
from apps.trials.selectors import earlier_trials, map_markers, public_years, trial_row
from apps.trials.selectors.listing import (
    KIND_WORDS,
    PHASE_WORDS,
    Counts,
    TrialWish,
    counts_of,
    found_trials,
    listed,
    theme_names,
)
from apps.trials.selectors.public import public_trials_with_participants
from apps.trials.selectors.statistics import statistics_rows, trial_statistics
from apps.trials.selectors.taking import geojson, table
from apps.trials.selectors.trial_page import trial_page

PAGE_SIZE = 20
#: The order of the legend.
_SIGNS = [*(("trial", phase) for phase in PHASE_WORDS), *(("outcome", outcome) for outcome in OUTCOME)]


def _until_midnight(response: HttpResponse) -> HttpResponse:
    """What a page says of a trial follows from the day in Japan."""
    tomorrow = clock.local_date() + timedelta(days=1)
    keep_until(response, datetime.combine(tomorrow, time.min, tzinfo=clock.TOKYO))
    return response


def _language() -> str:
    return get_language() or "ja"


def _turning(request: HttpRequest, wish: TrialWish, page: Any) -> dict[str, Any]:
    """Where the next page is, and the two ways to look at this one."""
    only_list = request.GET.get("view") == "list"
    views = [(_("Map and list"), wish.query), (_("List only"), f"{wish.query}&view=list".lstrip("&"))]
    query = views[only_list][1]
    following = min(PAGE_SIZE, page.paginator.count - page.end_index())
    return {
        "only_list": only_list,
        "views": [
            {"label": label, "url": f"?{address}", "current": number == only_list}
            for number, (label, address) in enumerate(views)
        ],
        "page_query": query,
        "theme_query": "&".join(
            part for part in (wish.without("theme").query, "view=list" * only_list) if part
        ),
        "next_count": following,
        "next_url": f"?{query}&page={page.number + 1}".replace("?&", "?"),
    }


def _standing(counts: Counts) -> list[tuple[str, int]]:
    """The figures on top: four always, others when there are any."""
    always = (TrialPhase.RUNNING, TrialPhase.UPCOMING, TrialPhase.ENDED, TrialPhase.STOPPED)
    rare = (TrialPhase.PAUSED, TrialPhase.WITHDRAWN)
    found = [phase.value for phase in always]
    found += [phase.value for phase in rare if counts.phases[phase.value]]
    return [(phase, counts.phases[phase]) for phase in found]


@require_safe
@public_page
def trial_list(request: HttpRequest) -> HttpResponse:
    """Adopted trials, newest first: search, filters, pages of 20, a map with the same numbers."""
    language = _language()
    years, names = public_years(), theme_names(language)
    wish = TrialWish.of(request.GET, names, [year for year, _number in years])
    counts = counts_of(wish)
    page = Paginator(found_trials(wish), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = listed(page, language, names, start=page.start_index())
    markers = map_markers(rows)
    themes = [(code, name, counts.themes[code]) for code, name in names.items() if counts.themes[code]]
    context: dict[str, Any] = {
        "page": page,
        **_turning(request, wish, page),
        "rows": rows,
        "wish": wish,
        "counts": counts,
        "years": years,
        "total": sum(number for _year, number in years),
        "themes": themes,
        "kinds": KIND_WORDS.items(),
        "organizations": OrganizationKind.choices,
        "phases": PHASE_WORDS.items(),
        "standing": _standing(counts),
        "map_data": {"markers": markers},
        "signs": sorted({(marker["family"], marker["state"]) for marker in markers}, key=_SIGNS.index),
    }
    return _until_midnight(render(request, "trials/trial_list.html", context))


def _asked(request: HttpRequest) -> tuple[TrialQuerySet, str, dict[str, str]]:
    """What the list's address asks for, whole, with everyone who takes part."""
    language = _language()
    names = theme_names(language)
    wish = TrialWish.of(request.GET, names, [year for year, _number in public_years()])
    trials = public_trials_with_participants(fiscal_year=wish.year)
    return found_trials(wish, trials=trials), language, names


def _csv(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """The whole file at once: it is small, and may be kept."""
    response = HttpResponse("".join(csv_file.csv_lines(rows)), content_type=csv_file.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@require_safe
@public_page
def trial_csv(request: HttpRequest) -> HttpResponse:
    """The list as it is filtered, all of its pages, as CSV."""
    trials, language, names = _asked(request)
    rows = table(listed(trials, language, names), base=request.build_absolute_uri)
    return _until_midnight(_csv(rows, "trials"))


@require_safe
@public_page
def trial_geojson(request: HttpRequest) -> HttpResponse:
    """The list as it is filtered as GeoJSON; a trial without a shown place has no geometry."""
    trials, language, names = _asked(request)
    found = geojson(listed(trials, language, names), base=request.build_absolute_uri)
    response = JsonResponse(
        found, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="trials.geojson"'
    return _until_midnight(response)


@require_safe
@public_page
def trials_before(request: HttpRequest, year: int) -> HttpResponse:
    """A slot: the newest adopted trials of the fiscal years before ``year``; empty when there are none."""
    found, total = earlier_trials(year)
    rows = [trial_row(trial, _language(), number) for number, trial in enumerate(found, start=1)]
    return render(request, "trials/_earlier.html", {"rows": rows, "total": total})


@require_safe
@public_page
def trial_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One trial: its plan, where it stands, by whom, when, where; its report is a slot."""
    shown = trial_page(code=code, language=_language())
    context = {"shown": shown, "trial": shown.trial, "row": shown.row}
    response = render(request, "trials/trial_detail.html", context)
    return _until_midnight(response)


@require_safe
@public_page
def trial_numbers(request: HttpRequest) -> HttpResponse:
    """How many applied, how many were adopted, in all and by theme, kind and year."""
    response = render(request, "trials/statistics.html", {"numbers": trial_statistics(_language())})
    return _until_midnight(response)


@require_safe
@public_page
def trial_numbers_csv(request: HttpRequest) -> HttpResponse:
    """The same numbers as CSV."""
    return _until_midnight(_csv(statistics_rows(trial_statistics(_language())), "trial-statistics"))
