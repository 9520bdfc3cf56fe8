"""/api/v1/exports: asking for a file, seeing how far it is, taking it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import CursorPagination, idempotent, problems
from apps.core.downloads import file_answer
from apps.core.errors import InvalidInput
from apps.exports.api.serializers import ExportSerializer, NewExportSerializer
from apps.exports.domain import export_ask, export_cancel
from apps.exports.models import ExportJob, ExportJobQuerySet
from apps.exports.selectors import access_export_by_key, file_facts, visible_to_key

#: Keys of the API are above this app: the scope is named by its word.
SCOPES = ("read:data",)
_ASK = (
    "Scope `read:data`. `kind` is `telemetry.uplinks`, `telemetry.events` or `telemetry.hours`; `params` hold"
    " `trial` (its number) or `device` (its id), `since` and `until` (ISO 8601), and for uplinks `fields` (a"
    " list; left out: all) and `content`: `values` (default) or `raw`. Answered at once with 202; the file is"
    " made in the background. With an `Idempotency-Key` trying again asks for it once. Too many at once or on"
    " a day: 429 with `limit`, `used` and `frees_at`."
)


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


@extend_schema_view(
    get=extend_schema(
        operation_id="exports_list",
        summary="Exports, the newest first",
        tags=["exports"],
        responses={200: ExportSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    ),
    post=extend_schema(
        operation_id="exports_create",
        summary="Ask for a file",
        tags=["exports"],
        description=_ASK,
        request=NewExportSerializer,
        responses={202: ExportSerializer, **problems(400, 401, 403, 404, 415, 422, 429)},
    ),
)
class ExportListView(ListAPIView[ExportJob]):
    """Exports of the key's organization, of the trials that the key is limited to. Scope `read:data`."""

    required_scopes = SCOPES
    serializer_class = ExportSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> ExportJobQuerySet:
        if self.request.auth is None:  # the schema is drawn without a key
            return ExportJob.objects.none()
        return visible_to_key(self.request.auth)

    @idempotent
    def post(self, request: Request) -> Response:
        wanted = NewExportSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        key: Any = request.auth
        asked = values.pop("params", {})
        try:
            export = export_ask(organization=key.organization, actor=key, asked=asked, **values)
        except InvalidInput as refused:
            raise _placed(refused) from None
        answer = Response(ExportSerializer(export).data, status=202)
        answer["Location"] = request.build_absolute_uri(f"{request.path}/{export.pk}")
        return answer


@extend_schema_view(
    get=extend_schema(
        operation_id="exports_get",
        summary="How far an export is",
        tags=["exports"],
        responses={200: ExportSerializer, **problems(401, 403, 404, 429)},
    ),
    delete=extend_schema(
        operation_id="exports_cancel",
        summary="Cancel an export that is not ready yet",
        tags=["exports"],
        description="Scope `read:data`. One that has ended is answered with 409 `export_ended`.",
        responses={200: ExportSerializer, **problems(401, 403, 404, 409, 429)},
    ),
)
class ExportDetailView(RetrieveAPIView[ExportJob]):
    """One export. Ask again every few seconds until `state` is neither `waiting` nor `running`."""

    required_scopes = SCOPES
    serializer_class = ExportSerializer

    def get_object(self) -> ExportJob:
        return access_export_by_key(key=self.request.auth, pk=self.kwargs["pk"])

    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        export = export_cancel(export=access_export_by_key(key=request.auth, pk=pk), actor=request.auth)
        return Response(ExportSerializer(export).data)


def _placed(refused: InvalidInput) -> InvalidInput:
    """What a kind refuses stands inside ``params``."""
    outside = ("kind", "format", "params")
    places = {name if name in outside else f"params/{name}": row for name, row in refused.fields.items()}
    return InvalidInput(refused.message, fields=places)


_FILE = OpenApiResponse(OpenApiTypes.BINARY, description="The file, or the part asked for.")


class ExportFileView(APIView):
    """The file. Whatever `Accept` says, it is what was asked for."""

    required_scopes = SCOPES

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="exports_file_get",
        summary="The file of an export",
        tags=["exports"],
        description="Scope `read:data`. `Range` and `If-Range` (with the `ETag`) take up a download again:"
        " `curl -C -`. 409 `export_not_ready` before it is done, 404 `export_deleted` when it was deleted.",
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=1048576-`"),
            OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description='`"9f86d0…"`'),
        ],
        responses={
            (200, "*/*"): _FILE,
            (206, "*/*"): _FILE,
            **problems(401, 403, 404, 409, 429),
        },
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        export = access_export_by_key(key=request.auth, pk=pk)
        return file_answer(request._request, **file_facts(export, request.auth))
