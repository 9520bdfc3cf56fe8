"""What was heard where, by API; open to everyone."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import problems, whole_number
from apps.core.errors import InvalidInput, NotFound
from apps.network.api.serializers import CoverageSerializer, SquareSerializer
from apps.network.rules import square_asked
from apps.network.selectors.coverage import coverage_answer, public_squares


class CoverageListView(APIView):
    """All squares from which enough uplinks were heard. The list is whole, not in pages."""

    required_scopes = ()

    @extend_schema(
        operation_id="coverage_list",
        summary="Squares from which devices were heard",
        tags=["coverage"],
        auth=[],
        parameters=[
            OpenApiParameter("size_m", int, enum=[250, 1000], description="Only squares of this size."),
            OpenApiParameter("mesh", str, description="Only squares whose code begins with these digits."),
        ],
        responses={200: SquareSerializer(many=True), **problems(422, 429)},
    )
    def get(self, request: Request) -> Response:
        size = whole_number(request, "size_m", minimum=250, maximum=1000)
        within = request.query_params.get("mesh", "").replace("-", "")
        if size not in (None, 250, 1000) or not (within.isascii() and (within or "0").isdigit()):
            raise InvalidInput(_("size_m is 250 or 1000, mesh the first digits of a mesh code."))
        squares: Any = list(public_squares(size=size, within=within))
        return Response(SquareSerializer(squares, many=True).data)


class CoverageDetailView(APIView):
    """What was heard from one square and from the eight around it."""

    required_scopes = ()

    @extend_schema(
        operation_id="coverage_get",
        summary="Can I try it here?",
        tags=["coverage"],
        auth=[],
        responses={200: CoverageSerializer, **problems(404, 429)},
    )
    def get(self, request: Request, mesh: str) -> Response:
        try:
            square = square_asked(mesh)
        except ValidationError:
            square = ""
        if not square:
            raise NotFound(_("This is no mesh code."))
        return Response(CoverageSerializer(coverage_answer(square)).data)
