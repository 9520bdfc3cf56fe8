"""Registering and changing devices by API: the same domain functions as the pages. Scope `write:devices`."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import problems
from apps.core.errors import QuotaFull
from apps.devices.api.inputs import (
    ChangesSerializer,
    KeysSerializer,
    MoveSerializer,
    NewDeviceSerializer,
    ReplacementSerializer,
    checked,
)
from apps.devices.api.model_forms import ValuesSerializer, places_of_values
from apps.devices.api.serializers import DeviceSerializer
from apps.devices.domain import (
    device_edit,
    device_move,
    device_register,
    device_rekey,
    device_replace,
    device_retire,
    device_unretire,
)
from apps.devices.domain.fields import device_fields_save
from apps.devices.models import Device
from apps.devices.selectors.registering import access_device_to_write_by_key, access_trial_by_key
from apps.trials.models import Trial

_REFUSALS = problems(401, 403, 404, 409, 422, 429)


def with_way_out(error: QuotaFull, trial: Trial, organization_id: Any) -> QuotaFull:
    """The refusal with ``ask_for_more``: the page on which a person asks the city for a larger quota."""
    path = reverse("trials:change-new", args=[organization_id, trial.code])
    error.data["ask_for_more"] = f"{settings.BASE_URL}{path}#id_devices"
    return error


def _whose(request: Request) -> dict[str, Any]:
    """What a serializer has to know: whose models may be named."""
    return {"organization": getattr(request.auth, "organization_id", None)}


@sensitive_variables()
def register(request: Request) -> Response:
    """POST /devices."""
    serializer = NewDeviceSerializer(data=request.data, context=_whose(request))
    checked(serializer, request.data)
    key: Any = request.auth
    values = dict(serializer.validated_data)
    trial = access_trial_by_key(key=key, code=values.pop("trial"))
    try:
        device = device_register(trial=trial, organization=key.organization, actor=None, **values)
    except QuotaFull as error:
        raise with_way_out(error, trial, key.organization_id) from None
    headers = {"Location": reverse("api-device-detail", args=[device.pk])}
    return Response(DeviceSerializer(device).data, status=201, headers=headers)


def change(request: Request, pk: uuid.UUID) -> Response:
    """PATCH /devices/{id}."""
    device = access_device_to_write_by_key(key=request.auth, pk=pk)
    serializer = ChangesSerializer(data=request.data, partial=True, context=_whose(request))
    checked(serializer, request.data)
    device_edit(device=device, actor=None, changes=dict(serializer.validated_data))
    return Response(DeviceSerializer(device).data)


class WriteView(APIView):
    required_scopes = (Scope.WRITE_DEVICES,)

    def device(self) -> Device:
        """The device of the address; every other than the key's is not found."""
        return access_device_to_write_by_key(key=self.request.auth, pk=self.kwargs["pk"])


@extend_schema_view(
    put=extend_schema(
        operation_id="devices_keys",
        summary="Enter the keys of a device again",
        tags=["devices"],
        request=KeysSerializer,
        responses={200: DeviceSerializer, **_REFUSALS},
    ),
)
class KeysView(WriteView):
    @sensitive_variables()
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        """They take the place of the kept ones. Nothing shows them again. Scope `write:devices`."""
        device, serializer = self.device(), KeysSerializer(data=request.data)
        checked(serializer, request.data)
        return Response(
            DeviceSerializer(device_rekey(device=device, actor=None, **serializer.validated_data)).data
        )


@extend_schema_view(
    put=extend_schema(
        operation_id="devices_values",
        summary="Say what the values of a device are called",
        tags=["devices"],
        request=ValuesSerializer,
        responses={200: DeviceSerializer, **_REFUSALS},
    ),
)
class ValuesView(WriteView):
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        """Where it differs from its model; what is left out is as the model says. Scope `write:devices`."""
        device, serializer = self.device(), ValuesSerializer(data=request.data)
        checked(serializer, request.data)
        with places_of_values():
            device = device_fields_save(device=device, actor=None, fields=dict(serializer.rows()))
        return Response(DeviceSerializer(device).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="devices_replace",
        summary="Put other hardware in the place of a device",
        tags=["devices"],
        request=ReplacementSerializer,
        responses={201: DeviceSerializer, **_REFUSALS},
    ),
)
class ReplaceView(WriteView):
    @sensitive_variables()
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Answers the new device; the old one is retired and keeps its data. Scope `write:devices`."""
        device = self.device()
        serializer = ReplacementSerializer(data=request.data, context=_whose(request))
        checked(serializer, request.data)
        keys = serializer.keys()
        new = device_replace(device=device, actor=None, keys=keys, **serializer.validated_data)
        headers = {"Location": reverse("api-device-detail", args=[new.pk])}
        return Response(DeviceSerializer(new).data, status=201, headers=headers)


@extend_schema_view(
    post=extend_schema(
        operation_id="devices_move",
        summary="Move a device to another trial of yours",
        tags=["devices"],
        request=MoveSerializer,
        responses={200: DeviceSerializer, **_REFUSALS},
    ),
)
class MoveView(WriteView):
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Both quotas change together. What was sent stays with the trial it was in."""
        device, serializer = self.device(), MoveSerializer(data=request.data)
        checked(serializer, request.data)
        trial = access_trial_by_key(key=request.auth, code=serializer.validated_data["trial"])
        try:
            moved = device_move(device=device, trial=trial, actor=None)
        except QuotaFull as error:
            raise with_way_out(error, trial, device.organization_id) from None
        return Response(DeviceSerializer(moved).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="devices_retire",
        summary="Retire a device",
        tags=["devices"],
        request=None,
        responses={200: DeviceSerializer, **_REFUSALS},
    ),
)
class RetireView(WriteView):
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Its data stays, its place in the quota is free. Doing it twice does it once."""
        return Response(DeviceSerializer(device_retire(device=self.device(), actor=None)).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="devices_unretire",
        summary="Bring a retired device back",
        tags=["devices"],
        request=None,
        responses={200: DeviceSerializer, **_REFUSALS},
    ),
)
class UnretireView(WriteView):
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """It takes a place of the quota again."""
        device = self.device()
        try:
            back = device_unretire(device=device, actor=None)
        except QuotaFull as error:
            raise with_way_out(error, device.trial, device.organization_id) from None
        return Response(DeviceSerializer(back).data)
