"""Pages after (time, id), which no two rows of a device share; the newest first."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.core.api import cursor_open, cursor_seal, whole_number
from apps.core.api.paging import CURSOR_PARAMETER, cursor_invalid, limit_parameter

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class NextPage(BasePagination, ABC):
    """``{"next": address or null, "results": […]}``. ``limit`` up to 1000."""

    usual, most = DEFAULT_LIMIT, MAX_LIMIT
    next_url: str | None = None

    def size(self, request: Request) -> int:
        """How many rows a page has."""
        return whole_number(request, "limit", minimum=1, maximum=self.most) or self.usual

    def cut(self, rows: list[Any], request: Request, limit: int) -> list[Any]:
        """The page of ``limit + 1`` rows, noting where the next one begins."""
        if len(rows) <= limit:
            return rows
        sealed = cursor_seal(request, self.cursor_of(rows[limit - 1]))
        self.next_url = replace_query_param(request.build_absolute_uri(), "cursor", sealed)
        return rows[:limit]

    @abstractmethod
    def cursor_of(self, row: Any) -> str:
        """What the cursor after ``row`` holds."""

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_url, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        example = "https://machitry.example/api/v1/devices?cursor=NjFhZjBkMzE"
        next_schema = {"type": "string", "format": "uri", "nullable": True, "example": example}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": next_schema, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [limit_parameter(self.most, self.usual), CURSOR_PARAMETER]


class TimePagination(NextPage):
    """By time and an id; ``identity`` is the id's name."""

    identity = "deduplication_id"

    def cursor_of(self, row: Any) -> str:
        return f"{row.time.isoformat()}|{getattr(row, self.identity)}"

    def after(self, request: Request) -> tuple[datetime, uuid.UUID] | None:
        """Time and id of the last row of the page before; raises ``BadParameter``."""
        text = cursor_open(request)
        if text is None:
            return None
        time, _bar, identity = text.partition("|")
        try:
            return datetime.fromisoformat(time), uuid.UUID(identity)
        except ValueError:  # sealed by us, but before an update that changed what a cursor holds
            raise cursor_invalid() from None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        rows: QuerySet[Any] = queryset
        limit, after = self.size(request), self.after(request)
        if after is not None:
            earlier, same = Q(time__lt=after[0]), Q(time=after[0], **{f"{self.identity}__lt": after[1]})
            rows = rows.filter(earlier | same, time__lte=after[0])
        ordered = rows.order_by("-time", f"-{self.identity}")
        return self.cut(list(ordered[: limit + 1]), request, limit)


class UplinkPagination(TimePagination):
    pass


class EventPagination(TimePagination):
    identity = "event_id"
