"""Addresses that only the tests of core have."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import errors
from apps.core.api import CursorPagination
from apps.core.models import SiteSettings
from apps.core.public_pages import public_page
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from config.urls import urlpatterns as all_patterns

rendered: list[str] = []


@public_page
def page(request: HttpRequest) -> HttpResponse:
    rendered.append(request.get_full_path())
    body = f"{len(rendered)} {get_language()} {request.GET.urlencode()} {request.get_host()}"
    return HttpResponse(body + (" part" if request.headers.get("HX-Request") else ""))


@public_page
def with_cookie(request: HttpRequest) -> HttpResponse:
    rendered.append("cookie")
    get_token(request)
    return HttpResponse("x")


@public_page
def missing(request: HttpRequest) -> HttpResponse:
    rendered.append("missing")
    return HttpResponse("x", status=404)


def private(request: HttpRequest) -> HttpResponse:
    rendered.append("private")
    return HttpResponse("mine")


def refused(request: HttpRequest, name: str) -> HttpResponse:
    raise getattr(errors, name)("この口は閉じています。")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


class Sample(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=5)
    count = serializers.IntegerField()


class Refusal(APIView):
    """POST checks a body; GET raises what ``kind`` names."""

    authentication_classes = ()
    required_scopes = ()

    def get(self, request: Request, kind: str) -> Response:
        raise {
            "http404": Http404(),
            "denied": PermissionDenied(),
            "quota": errors.QuotaFull("いっぱいです。", data={"limit": 3, "used": 3}),
            "fields": errors.InvalidInput("直してください。", fields={"name": ["短すぎます。"]}),
            "model": ValidationError({"name": ["長すぎます。"]}),
            "throttled": exceptions.Throttled(wait=12.3),
            "planted": RuntimeError("planted"),
        }[kind]

    def post(self, request: Request, kind: str) -> Response:
        Sample(data=request.data).is_valid(raise_exception=True)
        return Response({"ok": True})


class Undeclared(APIView):
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        return Response({})


@extend_schema(exclude=True)
class Listing(APIView):
    authentication_classes = ()
    required_scopes = ()

    def get(self, request: Request) -> Response:
        pages = CursorPagination()
        pages.ordering = "updated_at"
        rows = pages.paginate_queryset(SiteSettings.objects.all(), request, self)
        return pages.get_paginated_response([row.pk for row in rows or []])


urlpatterns = [
    path("kept/", page),
    path("en/kept/", page),
    path("with-cookie/", with_cookie),
    path("missing/", missing),
    path("private/", private),
    path("refused/<str:name>/", refused),
    path("broken/", broken),
    path("api/v1/refusal/<str:kind>", Refusal.as_view()),
    path("api/v1/undeclared", Undeclared.as_view()),
    path("api/v1/listing", Listing.as_view()),
    path("api/v1/broken", broken),
    *all_patterns,
]
