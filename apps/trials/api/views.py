"""Adopted trials by API; open to everyone."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView

from apps.core.api import CursorPagination, problems, whole_number
from apps.trials.api.serializers import TrialSerializer
from apps.trials.models import Trial, TrialQuerySet
from apps.trials.selectors import access_public_trial, public_trials_with_participants


class TrialPagination(CursorPagination):
    ordering = "-code"


@extend_schema_view(
    get=extend_schema(
        operation_id="trials_list",
        summary="Adopted trials, newest first",
        tags=["trials"],
        auth=[],
        parameters=[OpenApiParameter("fiscal_year", int, description="Only trials of this fiscal year.")],
        responses={200: TrialSerializer(many=True), **problems(422, 429)},
    )
)
class TrialListView(ListAPIView[Trial]):
    """Adopted trials that the city shows to the public."""

    required_scopes = ()
    serializer_class = TrialSerializer
    pagination_class = TrialPagination

    def get_queryset(self) -> TrialQuerySet:
        year = whole_number(self.request, "fiscal_year", minimum=2000, maximum=2999)
        return public_trials_with_participants(fiscal_year=year)


@extend_schema_view(
    get=extend_schema(
        operation_id="trials_get",
        summary="One trial",
        tags=["trials"],
        auth=[],
        responses={200: TrialSerializer, **problems(404, 429)},
    )
)
class TrialDetailView(RetrieveAPIView[Trial]):
    """One trial by its number, for example ``2026-015``."""

    required_scopes = ()
    serializer_class = TrialSerializer

    def get_object(self) -> Trial:
        return access_public_trial(code=self.kwargs["code"])
