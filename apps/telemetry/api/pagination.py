"""Pages of uplinks: after (time, deduplication id), which no two uplinks of a device share."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.core.api import whole_number
from apps.core.errors import NotFound
from apps.telemetry.models import Uplink

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


def cursor_write(uplink: Uplink) -> str:
    """The opaque cursor of the page after ``uplink``."""
    text = f"{uplink.time.isoformat()}|{uplink.deduplication_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_read(cursor: str) -> tuple[datetime, uuid.UUID]:
    """What a cursor says; raises ``NotFound`` when it is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        time, _bar, identity = text.partition("|")
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment, uuid.UUID(identity)
    except (ValueError, binascii.Error):
        raise NotFound(_("This page does not exist. Begin again without the cursor.")) from None


class UplinkPagination(BasePagination):
    """``{"next": address or null, "results": […]}``, newest first. ``limit`` up to 1000."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        uplinks: QuerySet[Uplink] = queryset
        limit = whole_number(request, "limit", minimum=1, maximum=MAX_LIMIT) or DEFAULT_LIMIT
        if cursor := request.query_params.get("cursor"):
            time, identity = cursor_read(cursor)
            uplinks = uplinks.filter(Q(time__lt=time) | Q(time=time, deduplication_id__lt=identity))
            uplinks = uplinks.filter(time__lte=time)
        rows = list(uplinks.order_by("-time", "-deduplication_id")[: limit + 1])
        self.next_url = None
        if len(rows) > limit:
            rows = rows[:limit]
            self.next_url = replace_query_param(
                request.build_absolute_uri(), "cursor", cursor_write(rows[-1])
            )
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_url, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        example = (
            "https://machitry.example/api/v1/devices/7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11/uplinks?cursor=MjAy"
        )
        next_schema = {"type": "string", "format": "uri", "nullable": True, "example": example}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": next_schema, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]
