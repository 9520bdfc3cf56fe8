"""/api/v1/devices and /api/v1/devices/{id}: the devices of the key's organization."""

from __future__ import annotations

import re
import uuid

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import CursorPagination, idempotent, one_of, problems
from apps.devices.api.inputs import ChangesSerializer, NewDeviceSerializer
from apps.devices.api.own_models import OfDevices
from apps.devices.api.serializers import DeviceSerializer
from apps.devices.api.writing import change, register
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceQuerySet
from apps.devices.selectors import access_device_by_key, visible_to_key


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_list",
        summary="Your devices, the newest first",
        tags=["devices"],
        parameters=[
            OpenApiParameter("trial", str, description="Only those of this trial (its number)."),
            OpenApiParameter("dev_eui", str, description="Only the one with this DevEUI."),
            OpenApiParameter(
                "registration", str, enum=DeviceState.values, description="Only those registered as this."
            ),
        ],
        responses={200: DeviceSerializer(many=True), **problems(401, 403, 422, 429)},
    ),
    post=extend_schema(
        operation_id="devices_create",
        summary="Register a device",
        tags=["devices"],
        description="Scope `write:devices`. Send an `Idempotency-Key` and try again without fear: the device "
        "is made once. A full quota is answered with 409 `quota_full`: `limit`, `used` "
        "and `ask_for_more`, the page on which to ask the city for more.",
        request=NewDeviceSerializer,
        responses={201: DeviceSerializer, **problems(401, 403, 404, 409, 422, 429)},
    ),
)
class DeviceListView(OfDevices, ListAPIView[Device]):
    """Devices of the key's organization, in the trials the key is limited to. Scope `read:devices`."""

    serializer_class = DeviceSerializer
    pagination_class = NewestFirst

    @idempotent
    def post(self, request: Request) -> Response:
        return register(request)

    def get_queryset(self) -> DeviceQuerySet:
        if self.request.auth is None:  # the schema is drawn without a key
            return Device.objects.none()
        devices = visible_to_key(self.request.auth).select_related("trial", "model")
        asked = {name: self.request.query_params.get(name, "") for name in ("trial", "dev_eui")}
        devices = devices.filter(trial__code=_plain(asked["trial"])) if asked["trial"] else devices
        registration = one_of(self.request, "registration", DeviceState.values)
        devices = devices.filter(state=registration) if registration else devices
        if asked["dev_eui"]:
            devices = devices.filter(dev_eui=re.sub(r"[^0-9a-f]", "", asked["dev_eui"].lower()))
        return devices


def _plain(text: str) -> str:
    """A text of an address that PostgreSQL can compare."""
    return text.replace("\0", "")


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_get",
        summary="One device",
        tags=["devices"],
        responses={200: DeviceSerializer, **problems(401, 403, 404, 429)},
    ),
    patch=extend_schema(
        operation_id="devices_change",
        summary="Change what describes a device",
        tags=["devices"],
        description="Scope `write:devices`.",
        request=ChangesSerializer,
        responses={200: DeviceSerializer, **problems(401, 403, 404, 422, 429)},
    ),
)
class DeviceDetailView(OfDevices, RetrieveAPIView[Device]):
    """One device by its id. Another organization's is not found. Scope `read:devices`."""

    serializer_class = DeviceSerializer

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        return change(request, pk)

    def get_object(self) -> Device:
        return access_device_by_key(key=self.request.auth, pk=self.kwargs["pk"])
