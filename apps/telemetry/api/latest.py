"""GET /api/v1/latest: the newest values of all devices in one answer, fast."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apikeys.enums import Scope
from apps.core.api import chosen_fields, cursor_open, problems
from apps.core.api.paging import cursor_invalid
from apps.telemetry.api.pagination import NextPage
from apps.telemetry.api.serializers import LatestOfManySerializer
from apps.telemetry.models import DeviceLatest
from apps.telemetry.selectors.latest_by_key import LATEST, latest_by_key

NAMES = list(LATEST)


class ByDevice(NextPage):
    """By device; up to 500, 200 without ``limit``."""

    usual, most = 200, 500

    def cursor_of(self, row: Any) -> str:
        return row[0]  # type: ignore[no-any-return]

    def after(self, request: Request) -> uuid.UUID | None:
        """The last device of the page before; raises ``BadParameter``."""
        text = cursor_open(request)
        try:
            return uuid.UUID(text) if text else None
        except ValueError:  # sealed by us, but before an update that changed what a cursor holds
            raise cursor_invalid() from None


class LatestListView(GenericAPIView[DeviceLatest]):
    """One row for each device in use that has sent something. Scope `read:data`.

    For one device see `/devices/{id}/latest`.
    """

    required_scopes = (Scope.READ_DATA,)
    serializer_class = LatestOfManySerializer
    pagination_class = ByDevice
    chooses_fields = True

    @extend_schema(
        operation_id="latest_list",
        summary="The newest values of all devices",
        tags=["data"],
        parameters=[OpenApiParameter("trial", str, description="Only devices of this trial (its number).")],
        responses={200: LatestOfManySerializer(many=True), **problems(401, 403, 422, 429)},
    )
    def get(self, request: Request) -> Response:
        pages, names = ByDevice(), chosen_fields(request, NAMES) or NAMES
        limit, after = pages.size(request), pages.after(request)
        rows = latest_by_key(
            key=request.auth,
            names=[name for name in NAMES if name in names],
            trial=request.query_params.get("trial", "").replace("\0", ""),
            after=after,
            limit=limit + 1,
        )
        told = [orjson.Fragment(text) for _device, text in pages.cut(rows, request, limit)]
        return pages.get_paginated_response(told)
