"""What everyone reads: the list with its counts and map, one report, the feed."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.public_pages import public_page
from apps.reports.models import Report
from apps.reports.selectors import (
    access_published_report,
    markers,
    outcome_counts,
    published_reports,
    published_years,
    shown_report,
)

PAGE_SIZE = 20


def _year(request: HttpRequest) -> int | None:
    """The fiscal year that was asked for; anything that is none means all."""
    text = request.GET.get("year", "")
    return int(text) if len(text) == 4 and text.isascii() and text.isdigit() else None


@require_safe
@public_page
def report_list(request: HttpRequest) -> HttpResponse:
    """All published reports, newest first; only the fiscal year can be chosen."""
    year = _year(request)
    counts = outcome_counts(fiscal_year=year)
    page = Paginator(published_reports(fiscal_year=year), PAGE_SIZE).get_page(request.GET.get("page"))
    reports: list[Report] = list(page.object_list)
    context = {
        "page": page,
        "reports": reports,
        "counts": counts,
        "total": sum(counts.values()),
        "year": year,
        "years": published_years(),
        "map_data": markers(reports, first_number=page.start_index() or 1),
    }
    return render(request, "reports/report_list.html", context)


@require_safe
@public_page
def report_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One published report."""
    shown = shown_report(access_published_report(code=code))
    return render(request, "reports/report_detail.html", {"shown": shown, "report": shown.report})


@require_safe
@public_page
def report_slot(request: HttpRequest, code: str) -> HttpResponse:
    """The report on the public page of its trial; empty when there is none."""
    report = published_reports().filter(trial__code=code).first()
    return render(request, "reports/_slot_public.html", {"report": report})
