"""/api/v1/device-models: models that can be chosen, and a company's own: the acts of its workspace."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import CursorPagination, ReadOrWrite, idempotent, problems
from apps.devices.api.inputs import checked
from apps.devices.api.model_forms import (
    ModelChangesSerializer,
    ModelSerializer,
    NewModelSerializer,
    ValuesSerializer,
    places_of_values,
)
from apps.devices.domain import own_model_change, own_model_delete, own_model_fields, own_model_make
from apps.devices.models import DeviceModel
from apps.devices.selectors.models_by_key import (
    access_model_by_key,
    access_own_model_by_key,
    check_writes_models,
    models_by_key,
)

READ = problems(401, 403, 404, 429)
WRITE = problems(401, 403, 404, 409, 422, 429)
TAGS = ["devices"]


class OfDevices(ReadOrWrite):
    """Of devices and their models."""

    reads = Scope.READ_DEVICES
    writes = Scope.WRITE_DEVICES


class ByName(CursorPagination):
    ordering = ("maker", "name", "id")  # type: ignore[assignment]


def _told(request: Request, model: DeviceModel, status: int = 200, **headers: str) -> Response:
    """The model as it is now."""
    found = access_model_by_key(key=request.auth, pk=model.pk)
    return Response(ModelSerializer(found).data, status=status, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="device_models_list",
        summary="Device models that can be chosen",
        tags=TAGS,
        responses={200: ModelSerializer(many=True), **problems(401, 403, 429)},
    ),
    post=extend_schema(
        operation_id="device_models_create",
        summary="Make a model of your own",
        tags=TAGS,
        description="Scope `write:devices`. It begins with the values of the model it stands on and without "
        "a codec. Only your organization sees and uses it.",
        request=NewModelSerializer,
        responses={201: ModelSerializer, **problems(401, 403, 409, 422, 429)},
    ),
)
class ModelListView(OfDevices, ListAPIView[DeviceModel]):
    """The city's models and your organization's own; `id` is what `model` takes. Scope `read:devices`."""

    serializer_class = ModelSerializer
    pagination_class = ByName

    def get_queryset(self) -> QuerySet[DeviceModel]:
        return models_by_key(self.request.auth)

    @idempotent
    def post(self, request: Request) -> Response:
        key: Any = request.auth
        check_writes_models(key)
        serializer = NewModelSerializer(data=request.data)
        checked(serializer, request.data)
        values = dict(serializer.validated_data)
        base = values.pop("base")
        model = own_model_make(organization=key.organization, base=base, actor=None, values=values)
        return _told(request, model, 201, Location=reverse("api-device-model-detail", args=[model.pk]))


@extend_schema_view(
    get=extend_schema(
        operation_id="device_models_get",
        summary="One device model",
        tags=TAGS,
        responses={200: ModelSerializer, **READ},
    ),
    patch=extend_schema(
        operation_id="device_models_change",
        summary="Change what describes a model of your own",
        tags=TAGS,
        description="Scope `write:devices`.",
        request=ModelChangesSerializer,
        responses={200: ModelSerializer, **WRITE},
    ),
    delete=extend_schema(
        operation_id="device_models_delete",
        summary="Remove a model of your own",
        tags=TAGS,
        description="With its codecs and examples. Scope `write:devices`. A model that a device has, a "
        "retired one too, is not removed (409 `model_in_use`).",
        responses={204: None, **problems(401, 403, 404, 409, 429)},
    ),
)
class ModelView(OfDevices, RetrieveAPIView[DeviceModel]):
    """Scope `read:devices`."""

    serializer_class = ModelSerializer

    def get_object(self) -> DeviceModel:
        return access_model_by_key(key=self.request.auth, pk=self.kwargs["pk"])

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        serializer = ModelChangesSerializer(data=request.data, partial=True)
        checked(serializer, request.data)
        return _told(
            request, own_model_change(model=model, actor=None, values=dict(serializer.validated_data))
        )

    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        own_model_delete(model=model, actor=None)
        return Response(status=204)


@extend_schema_view(
    put=extend_schema(
        operation_id="device_models_values",
        summary="Say what the values of a model of your own are called",
        tags=TAGS,
        request=ValuesSerializer,
        responses={200: ModelSerializer, **WRITE},
    ),
)
class ModelValuesView(OfDevices, APIView):
    """Names in two languages, units, decimals, order, and what is plausible. Scope `write:devices`."""

    def put(self, request: Request, pk: uuid.UUID) -> Response:
        model = access_own_model_by_key(key=request.auth, pk=pk, write=True)
        serializer = ValuesSerializer(data=request.data)
        checked(serializer, request.data)
        with places_of_values():
            model = own_model_fields(model=model, actor=None, rows=serializer.rows())
        return _told(request, model)
