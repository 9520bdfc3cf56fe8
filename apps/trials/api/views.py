"""Adopted trials by API; open to everyone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import CursorPagination, one_of, problems, whole_number
from apps.organizations.enums import OrganizationKind
from apps.trials.api.serializers import TrialNumbersSerializer, TrialSerializer
from apps.trials.enums import TrialKind, TrialPhase
from apps.trials.models import Trial, TrialQuerySet
from apps.trials.selectors import access_public_trial, public_trials_with_participants
from apps.trials.selectors.listing import MOST_QUERY, TrialWish, found_trials, outcomes_of, theme_names
from apps.trials.selectors.statistics import trial_statistics


class TrialPagination(CursorPagination):
    ordering = "-code"


def _wish(request: Request) -> TrialWish:
    """What the parameters ask for; unknown values are refused in words."""
    themes = list(theme_names("ja")) if request.query_params.get("theme") else []
    return TrialWish(
        q=request.query_params.get("q", "").replace("\0", "")[:MOST_QUERY].strip(),
        theme=one_of(request, "theme", themes),
        kind=one_of(request, "kind", TrialKind.values),
        org=one_of(request, "organization_kind", OrganizationKind.values),
        phase=one_of(request, "phase", TrialPhase.values),
        year=whole_number(request, "fiscal_year", minimum=2000, maximum=2999),
    )


@extend_schema_view(
    get=extend_schema(
        operation_id="trials_list",
        summary="Adopted trials, newest first",
        tags=["trials"],
        auth=[],
        parameters=[
            OpenApiParameter("q", str, description="Words in title, plan, places and companies."),
            OpenApiParameter("fiscal_year", int, description="Only trials of this fiscal year."),
            OpenApiParameter("theme", str, description="Only trials that name this theme."),
            OpenApiParameter("kind", str, enum=TrialKind.values, description="Who runs it."),
            OpenApiParameter(
                "organization_kind", str, enum=OrganizationKind.values, description="What its lead is."
            ),
            OpenApiParameter("phase", str, enum=TrialPhase.values, description="Where it stands today."),
        ],
        responses={200: TrialSerializer(many=True), **problems(422, 429)},
    )
)
class TrialListView(ListAPIView[Trial]):
    """Adopted trials that the city shows to the public."""

    required_scopes = ()
    serializer_class = TrialSerializer
    pagination_class = TrialPagination

    def get_queryset(self) -> TrialQuerySet:
        wish = _wish(self.request)
        trials = public_trials_with_participants(fiscal_year=wish.year).prefetch_related("quotas")
        return found_trials(wish, trials=trials)

    def paginate_queryset(self, queryset: Any) -> Any:
        self.shown = super().paginate_queryset(queryset) or []
        return self.shown

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "outcomes": outcomes_of(getattr(self, "shown", []))}


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
        self.shown = access_public_trial(code=self.kwargs["code"])
        return self.shown

    def get_serializer_context(self) -> dict[str, Any]:
        shown = [self.shown] if hasattr(self, "shown") else []
        return {**super().get_serializer_context(), "outcomes": outcomes_of(shown)}


class TrialStatisticsView(APIView):
    """How many applied and were adopted. Only what was told is counted."""

    required_scopes = ()

    @extend_schema(
        operation_id="trials_statistics",
        summary="Applications and adoptions in numbers",
        tags=["trials"],
        auth=[],
        responses={200: TrialNumbersSerializer, **problems(429)},
    )
    def get(self, request: Request) -> Response:
        return Response(TrialNumbersSerializer(trial_statistics("ja")).data)
