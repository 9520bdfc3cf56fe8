"""Staff read a report as everyone will, then publish it or send it back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from apps.core.admin_tools import row_or_404
from apps.core.errors import Conflict, InvalidInput
from apps.reports.domain import report_publish, report_return
from apps.reports.enums import ReportState
from apps.reports.forms import ReturnForm
from apps.reports.models import Report
from apps.reports.rules import may_become
from apps.reports.selectors import report_recipients, shown_report


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin[Report]):
    """The text is the company's: staff change the state only, through the domain."""

    list_display = ("trial", "organization", "state", "outcome", "submitted_at", "published_at")
    list_filter = ("state", "trial__fiscal_year")
    search_fields = ("trial__code", "trial__title", "trial__organization__name")
    list_select_related: ClassVar = ("trial__organization",)
    ordering = ("-submitted_at",)

    @admin.display(description=_("organization"))
    def organization(self, report: Report) -> str:
        return report.trial.organization.name

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/publish/", wrap(require_POST(self.publish)), name="reports_report_publish"),
            path("<uuid:pk>/return/", wrap(require_POST(self.send_back)), name="reports_report_return"),
        ]
        return [*own, *super().get_urls()]

    def _report(self, request: HttpRequest, pk: Any) -> Report:
        report: Report = row_or_404(self, request, pk)
        return report

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The report as everyone will read it, and the two acts with the mails they queue."""
        return self._page(request, self._report(request, object_id), ReturnForm())

    def _page(self, request: HttpRequest, report: Report, form: ReturnForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{pgettext('own', 'Report')} {report.trial.code}",
            "opts": self.opts,
            "report": report,
            "shown": shown_report(report),
            "recipients": report_recipients(report),
            "may_publish": may_become(report.state, ReportState.PUBLISHED),
            "may_return": may_become(report.state, ReportState.RETURNED),
            "return_form": form,
        }
        return TemplateResponse(request, "admin/reports/report/review.html", context)

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        report = self._report(request, pk)
        try:
            mails = report_publish(report=report, actor=request.user)  # type: ignore[arg-type]
        except Conflict as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("The report is published.") + " " + _mails(mails))
        return redirect("admin:reports_report_change", report.pk)

    def send_back(self, request: HttpRequest, pk: Any) -> HttpResponse:
        report = self._report(request, pk)
        form = ReturnForm(request.POST)
        if not form.is_valid():
            return self._page(request, report, form)
        try:
            mails = report_return(
                report=report,
                actor=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
            )
        except InvalidInput as error:
            form.add_error("reason", error.message)
            return self._page(request, report, form)
        except Conflict as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("The report is sent back.") + " " + _mails(mails))
        return redirect("admin:reports_report_change", report.pk)


def _mails(number: int) -> str:
    if not number:
        return str(_("No mail goes out: the company has no owner or manager."))
    text = ngettext("%(number)d mail goes to the company.", "%(number)d mails go to the company.", number)
    return text % {"number": number}
