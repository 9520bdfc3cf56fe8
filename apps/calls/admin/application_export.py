"""Taking applications out of the portal: the filtered list and the numbers of a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.calls.domain.intake import applications_exported
from apps.calls.models import Application, Call
from apps.calls.selectors.export import export_rows
from apps.calls.selectors.statistics import call_statistics, statistics_rows
from apps.core import clock, csv_file, xlsx_file


def _attached(response: Any, name: str) -> Any:
    """``name`` is ASCII: codes and days."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def csv_answer(rows: Iterable[Sequence[Any]], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(csv_file.csv_lines(rows), content_type=csv_file.CONTENT_TYPE)
    return _attached(response, f"{name}.csv")  # type: ignore[no-any-return]


class ExportMixin(admin.ModelAdmin[Application]):
    def export_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "calls_application"
        return [
            path("export/csv/", wrap(require_safe(self.export_csv)), name=f"{name}_export_csv"),
            path("export/xlsx/", wrap(require_safe(self.export_xlsx)), name=f"{name}_export_xlsx"),
            path("statistics/<uuid:pk>/", wrap(require_safe(self.statistics)), name=f"{name}_statistics"),
            path(
                "statistics/<uuid:pk>/csv/",
                wrap(require_safe(self.statistics_csv)),
                name=f"{name}_statistics_csv",
            ),
        ]

    def _table(self, request: HttpRequest, kind: str) -> Iterable[Sequence[Any]] | None:
        """The rows of the list as it is filtered; None where its address has no such filter."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request)
        rows: Any = found.get_queryset(request)
        applications_exported(
            actor=request.user,  # type: ignore[arg-type]
            kind=kind,
            count=found.result_count,
            filters=request.GET.urlencode(),
        )
        return export_rows(rows, actor=request.user)

    def _exported(self, request: HttpRequest, kind: str) -> Any:
        try:
            return self._table(request, kind)
        except admin.options.IncorrectLookupParameters:
            return None

    def export_csv(self, request: HttpRequest) -> Any:
        """The filtered list as CSV, line by line."""
        rows = self._exported(request, "csv")
        if rows is None:
            return redirect("admin:calls_application_changelist")
        return csv_answer(rows, f"applications-{clock.local_date():%Y%m%d}")

    def export_xlsx(self, request: HttpRequest) -> Any:
        """The filtered list for Excel."""
        rows = self._exported(request, "xlsx")
        if rows is None:
            return redirect("admin:calls_application_changelist")
        file = xlsx_file.xlsx_file(rows, sheet=_("Applications"))
        response = FileResponse(file, content_type=xlsx_file.CONTENT_TYPE)
        return _attached(response, f"applications-{clock.local_date():%Y%m%d}.xlsx")

    def _call(self, request: HttpRequest, pk: Any) -> Call:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        call = Call.objects.filter(pk=pk).first()
        if call is None:
            raise Http404
        return call

    def statistics(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The numbers of a call: tables, a chart of the days, CSV."""
        call = self._call(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Numbers of the applications"),
            "opts": self.opts,
            "call": call,
            "numbers": call_statistics(call),
        }
        return TemplateResponse(request, "admin/calls/application/statistics.html", context)

    def statistics_csv(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The same numbers as CSV."""
        call = self._call(request, pk)
        return csv_answer(statistics_rows(call_statistics(call)), f"statistics-{call.code}")
