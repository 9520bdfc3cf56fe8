"""GET /api/v1/calls and /api/v1/calls/{code}: public, no key needed."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView

from apps.calls.api.serializers import CallRowSerializer, CallSerializer
from apps.calls.models import Call
from apps.calls.models.call import CallQuerySet
from apps.calls.selectors.calls import access_published_call, published_calls
from apps.core.api import CursorPagination


class NewestFirst(CursorPagination):
    ordering = ("-opens_at", "-id")  # type: ignore[assignment]


@extend_schema(tags=["calls"], auth=[], summary="Published calls, newest first")
class CallList(ListAPIView[Call]):
    serializer_class = CallRowSerializer
    pagination_class = NewestFirst
    required_scopes: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self) -> CallQuerySet:
        return published_calls()


@extend_schema(tags=["calls"], auth=[], summary="One published call")
class CallDetail(RetrieveAPIView[Call]):
    serializer_class = CallSerializer
    required_scopes: ClassVar[tuple[str, ...]] = ()
    queryset = Call.objects.none()
    lookup_url_kwarg = "code"

    def get_object(self) -> Any:
        return access_published_call(code=self.kwargs["code"])
