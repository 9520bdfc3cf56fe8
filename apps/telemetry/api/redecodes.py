"""/api/v1/device-models/{id}/redecodes: stored uplinks of an own model decoded with a newer codec."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import ChosenFields, CursorPagination, KnownFieldsOnly, ReadOrWrite, idempotent, problems
from apps.core.errors import Conflict
from apps.devices.selectors.models_by_key import access_own_model_by_key
from apps.telemetry.domain.redecode import redecode_start, redecode_stop
from apps.telemetry.enums import RedecodeState
from apps.telemetry.models import Redecode
from apps.telemetry.selectors.redecode import access_redecode, decoding_codec

_EXAMPLE: dict[str, Any] = {
    "id": "4f0c2f0e-0d0b-4c55-9a7e-5a2f4d1c3b90",
    "version": 3,
    "since": "2026-11-01T00:00:00+09:00",
    "state": "running",
    "only_held": False,
    "total": 4320,
    "seen": 2000,
    "changed": 1985,
    "failed": 15,
    "created_at": "2026-11-20T10:00:00+09:00",
    "updated_at": "2026-11-20T10:00:09+09:00",
}
_READ = problems(401, 403, 404, 429)


@extend_schema_serializer(
    examples=[OpenApiExample("Under way", value=_EXAMPLE, response_only=True, status_codes=["200", "202"])]
)
class RedecodeSerializer(ChosenFields):
    """Uplinks since ``since`` are decoded with ``version``. ``total``: about how many there are; ``seen``:
    looked at; ``changed``: read anew; ``failed``: not readable with this version, they keep their values.
    ``only_held``: it began by itself, for what had waited for a stopped codec."""

    id = serializers.UUIDField()
    version = serializers.IntegerField(source="codec.version")
    since = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=RedecodeState.choices)
    only_held = serializers.BooleanField()
    total = serializers.IntegerField(source="whole")
    seen = serializers.IntegerField()
    changed = serializers.IntegerField()
    failed = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


@extend_schema_serializer(examples=[OpenApiExample("Since November", value={"since": _EXAMPLE["since"]})])
class NewRedecodeSerializer(KnownFieldsOnly):
    """From which moment on; without an offset it is the time in Japan."""

    since = serializers.DateTimeField()


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


@extend_schema_view(
    get=extend_schema(
        operation_id="redecodes_list",
        summary="Where stored uplinks were decoded again, the newest first",
        tags=["devices"],
        responses={200: RedecodeSerializer(many=True), **_READ},
    ),
    post=extend_schema(
        operation_id="redecodes_create",
        summary="Decode stored uplinks again",
        tags=["devices"],
        description="With the version that decodes now; the worker does it in parts. Scope `write:devices`. "
        "One at a time for each model (409 `under_way`).",
        request=NewRedecodeSerializer,
        responses={202: RedecodeSerializer, **problems(401, 403, 404, 409, 422, 429)},
    ),
)
class RedecodeListView(ReadOrWrite, ListAPIView[Redecode]):
    """Of a model of your own. Scope `read:devices`."""

    serializer_class = RedecodeSerializer
    pagination_class = NewestFirst

    reads = Scope.READ_DEVICES
    writes = Scope.WRITE_DEVICES

    def get_queryset(self) -> QuerySet[Redecode]:
        if self.request.auth is None:  # the schema is drawn without a key
            return Redecode.objects.none()
        model = access_own_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return Redecode.objects.filter(codec__model=model).select_related("codec")

    @idempotent
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        given = NewRedecodeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        codec = decoding_codec(model)
        if codec is None:
            raise Conflict(_("No version decodes now."))
        row = redecode_start(codec=codec, since=given.validated_data["since"], actor=None)
        headers = {"Location": reverse("api-redecode", args=[model.pk, row.pk])}
        return Response(RedecodeSerializer(row).data, status=202, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="redecodes_get",
        summary="How far decoding again is",
        tags=["devices"],
        responses={200: RedecodeSerializer, **_READ},
    ),
)
class RedecodeView(RetrieveAPIView[Redecode]):
    """Ask again until `state` is `done` or `stopped`. Scope `read:devices`."""

    required_scopes = (Scope.READ_DEVICES,)
    serializer_class = RedecodeSerializer

    def get_object(self) -> Redecode:
        model = access_own_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        return access_redecode(model=model, pk=self.kwargs["redecode"])


@extend_schema_view(
    post=extend_schema(
        operation_id="redecodes_stop",
        summary="Stop decoding again",
        tags=["devices"],
        request=None,
        responses={200: RedecodeSerializer, **problems(401, 403, 404, 409, 429)},
    ),
)
class RedecodeStopView(APIView):
    """What is done stays. Scope `write:devices`."""

    required_scopes = (Scope.WRITE_DEVICES,)

    def post(self, request: Request, pk: uuid.UUID, redecode: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        row = redecode_stop(redecode=access_redecode(model=model, pk=redecode), actor=None)
        return Response(RedecodeSerializer(row).data)
