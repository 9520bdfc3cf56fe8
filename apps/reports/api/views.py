"""GET /api/v1/reports and /api/v1/reports/{code}: public, no key needed."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView

from apps.core.api import CursorPagination
from apps.core.errors import InvalidInput
from apps.reports.api.serializers import ReportRowSerializer, ReportSerializer
from apps.reports.models import Report, ReportQuerySet
from apps.reports.selectors import access_published_report, published_reports


class NewestFirst(CursorPagination):
    ordering = ("-published_at", "-id")  # type: ignore[assignment]


@extend_schema(
    tags=["reports"],
    summary="Published reports, newest first",
    auth=[],
    parameters=[OpenApiParameter("fiscal_year", int, description="Only this fiscal year (April to March).")],
)
class ReportList(ListAPIView[Report]):
    serializer_class = ReportRowSerializer
    pagination_class = NewestFirst
    required_scopes: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self) -> ReportQuerySet:
        text = self.request.GET.get("fiscal_year", "")
        if not text:
            return published_reports()
        if not (len(text) == 4 and text.isascii() and text.isdigit()):
            fault = "A fiscal year has four digits."
            raise InvalidInput(fault, fields={"fiscal_year": [fault]})
        return published_reports(fiscal_year=int(text))


@extend_schema(tags=["reports"], summary="One published report", auth=[])
class ReportDetail(RetrieveAPIView[Report]):
    serializer_class = ReportSerializer
    required_scopes: ClassVar[tuple[str, ...]] = ()
    queryset = Report.objects.none()
    lookup_url_kwarg = "code"

    def get_object(self) -> Any:
        return access_published_report(code=self.kwargs["code"])
