"""What everyone sees of trials: the list with its map, and a page for each."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.core.public_pages import public_page
from apps.trials.selectors import (
    access_public_trial,
    earlier_trials,
    map_markers,
    public_trials,
    public_years,
    trial_row,
)

PAGE_SIZE = 20


@require_safe
@public_page
def trial_list(request: HttpRequest) -> HttpResponse:
    """Adopted trials, newest first; ``?year=`` keeps one fiscal year, ``?page=`` turns the page."""
    years = public_years()
    asked = request.GET.get("year", "")
    year = next((known for known, _number in years if str(known) == asked), None)
    page = Paginator(public_trials(fiscal_year=year), PAGE_SIZE).get_page(request.GET.get("page"))
    language = get_language() or "ja"
    rows = [trial_row(trial, language, number) for number, trial in enumerate(page, start=page.start_index())]
    context: dict[str, Any] = {
        "page": page,
        "rows": rows,
        "year": year,
        "years": years,
        "total": sum(number for _year, number in years),
        "map_data": {"markers": map_markers(rows)},
    }
    return render(request, "trials/trial_list.html", context)


@require_safe
@public_page
def trials_before(request: HttpRequest, year: int) -> HttpResponse:
    """A slot: the newest adopted trials of the fiscal years before ``year``; empty when there are none."""
    found, total = earlier_trials(year)
    language = get_language() or "ja"
    rows = [trial_row(trial, language, number) for number, trial in enumerate(found, start=1)]
    return render(request, "trials/_earlier.html", {"rows": rows, "total": total})


@require_safe
@public_page
def trial_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One trial: what is tried, by whom, when, where; its report is a slot."""
    trial = access_public_trial(code=code)
    language = get_language() or "ja"
    row = trial_row(trial, language, 1)
    context = {
        "trial": trial,
        "row": row,
        "summary": trial.localized("summary", language),
        "map_data": {"markers": map_markers([row])},
    }
    return render(request, "trials/trial_detail.html", context)
