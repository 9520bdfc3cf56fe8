"""The portal's addresses and two views that answer nothing: what a request costs without its content."""

from __future__ import annotations

from typing import ClassVar

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as portal

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class Empty(APIView):
    """No key, no rate: DRF alone, behind the portal's middleware."""

    authentication_classes: ClassVar = ()
    throttle_classes: ClassVar = ()
    required_scopes = ()

    def get(self, request: Request) -> Response:
        return Response({})


class EmptyWithKey(APIView):
    """The key is checked and counted as for every operation."""

    required_scopes = ("read:data",)

    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("api/v1/bench-empty", Empty.as_view()),
    path("api/v1/bench-empty-key", EmptyWithKey.as_view()),
    *portal,
]
