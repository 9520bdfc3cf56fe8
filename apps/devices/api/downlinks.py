"""/api/v1/devices/{id}/downlinks: queue, list, look at one, take back. Scope ``downlink``."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core import clock
from apps.core.api import ChosenFields, CursorPagination, KnownFieldsOnly, idempotent, problems
from apps.core.errors import InvalidInput
from apps.devices.domain.downlink_encoding import Encoded, downlink_encode
from apps.devices.domain.downlinks import downlink_cancel, downlink_queue
from apps.devices.enums import DownlinkReason
from apps.devices.models import Device, Downlink
from apps.devices.rules.downlinks import LONGEST, PORTS, SHORTEST, bytes_of_base64, bytes_of_hex
from apps.devices.selectors import access_device_by_key
from apps.devices.selectors.downlinks import DownlinkDay, access_downlink_by_key, downlink_day, downlinks_of

EXAMPLE: dict[str, Any] = {
    "id": "0b7f0a5e-6f6b-4a54-9a2b-0d9a0c4f1a11",
    "device": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "state": "acknowledged",
    "reason": "",
    "f_port": 10,
    "payload_hex": "01",
    "payload_base64": "AQ==",
    "object": {"lamp": "on"},
    "confirmed": True,
    "attempts": 0,
    "created_at": "2027-01-05T10:23:45+09:00",
    "expires_at": "2027-01-06T10:23:45+09:00",
    "taken_at": "2027-01-05T10:23:46+09:00",
    "sent_at": "2027-01-05T10:30:01+09:00",
    "acknowledged_at": "2027-01-05T10:40:01+09:00",
}
#: The names of the API for the fields of the domain.
_NAMES = {"value": "object", "data": "payload_hex", "expires_at": "expires_in"}


@extend_schema_serializer(examples=[OpenApiExample("A downlink", value=EXAMPLE)])
class DownlinkSerializer(ChosenFields):
    """``state``: queued (here), handed (at the network server), sent, acknowledged, unanswered, expired,
    failed, cancelled. ``reason`` says why it waits or was not sent."""

    id = serializers.UUIDField()
    device = serializers.UUIDField(source="device_id")
    state = serializers.SerializerMethodField()
    reason = serializers.ChoiceField(choices=DownlinkReason.choices, allow_blank=True)
    f_port = serializers.IntegerField()
    payload_hex = serializers.SerializerMethodField()
    payload_base64 = serializers.SerializerMethodField()
    object = serializers.JSONField(source="source", allow_null=True)
    confirmed = serializers.BooleanField()
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    taken_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, row: Downlink) -> str:
        return row.state_at(clock.now()).value

    def get_payload_hex(self, row: Downlink) -> str:
        return bytes(row.data).hex()

    def get_payload_base64(self, row: Downlink) -> str:
        return base64.b64encode(bytes(row.data)).decode()


class NewDownlinkSerializer(KnownFieldsOnly):
    """One of ``object`` (for the codec's ``encodeDownlink``), ``payload_hex`` and ``payload_base64``.
    ``f_port`` may be left out with ``object`` when the codec names one. ``expires_in``: seconds."""

    object = serializers.DictField(required=False)
    payload_hex = serializers.CharField(required=False, max_length=1000)
    payload_base64 = serializers.CharField(required=False, max_length=1000)
    f_port = serializers.IntegerField(required=False, min_value=PORTS[0], max_value=PORTS[1])
    confirmed = serializers.BooleanField(default=False)
    expires_in = serializers.IntegerField(
        default=86400, min_value=int(SHORTEST.total_seconds()), max_value=int(LONGEST.total_seconds())
    )

    #: The three ways to say what is sent.
    WAYS: ClassVar = ("object", "payload_hex", "payload_base64")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in self.WAYS if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError(
                _("Give one of: %(values)s.") % {"values": ", ".join(self.WAYS)}
            )
        if given != ["object"] and "f_port" not in attrs:
            raise serializers.ValidationError({"f_port": [_("Give a port from 1 to 223.")]})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "What is left today",
            value={"granted": 24, "used": 3, "free": 21, "frees_at": "2027-01-06T00:00:00+09:00"},
        )
    ]
)
class DownlinkQuotaSerializer(serializers.Serializer[DownlinkDay]):
    """How many downlinks this device may be sent today (in Japan); counted anew at ``frees_at``."""

    granted = serializers.IntegerField(source="limit")
    used = serializers.IntegerField()
    free = serializers.IntegerField(source="left")
    frees_at = serializers.DateTimeField()


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-id")  # type: ignore[assignment]


class DownlinkListView(GenericAPIView[Downlink]):
    """The downlinks of a device, and making one. Scope `downlink`."""

    required_scopes = (Scope.DOWNLINK,)
    serializer_class = DownlinkSerializer
    pagination_class = NewestFirst

    @extend_schema(
        operation_id="downlinks_list",
        summary="What was sent to a device, the newest first",
        tags=["downlinks"],
        responses={200: DownlinkSerializer(many=True), **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        device = access_device_by_key(key=request.auth, pk=pk)
        page: Any = self.paginate_queryset(downlinks_of(device))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="downlinks_create",
        summary="Send to a device",
        description="Queues it. A class A device takes it after its next uplink; ask again for its state.",
        tags=["downlinks"],
        request=NewDownlinkSerializer,
        responses={201: DownlinkSerializer, **problems(400, 401, 403, 404, 409, 422, 429)},
    )
    @idempotent
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        device = access_device_by_key(key=request.auth, pk=pk)
        given = NewDownlinkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = clock.now()
        try:
            made = _made(device, given.validated_data)
            row = downlink_queue(
                device=device,
                actor=None,
                data=made.data,
                f_port=made.f_port,
                confirmed=given.validated_data["confirmed"],
                expires_at=now + timedelta(seconds=given.validated_data["expires_in"]),
                source=given.validated_data.get("object"),
                api_key_id=request.auth.pk,
                now=now,
            )
        except InvalidInput as error:
            fields = {_NAMES.get(name, name): texts for name, texts in error.fields.items()}
            raise InvalidInput(error.message, fields=fields) from None
        return Response(DownlinkSerializer(row).data, status=status.HTTP_201_CREATED)


def _made(device: Device, values: dict[str, Any]) -> Encoded:
    """Bytes and port of what was asked; raises ``InvalidInput`` by field and ``Conflict``."""
    if "object" in values:
        return downlink_encode(device=device, value=values["object"], f_port=values.get("f_port"))
    name = "payload_hex" if "payload_hex" in values else "payload_base64"
    read = bytes_of_hex if name == "payload_hex" else bytes_of_base64
    try:
        return Encoded(read(values[name]), values["f_port"])
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields={name: error.messages}) from None


class DownlinkDetailView(GenericAPIView[Downlink]):
    """One downlink. Scope `downlink`."""

    required_scopes = (Scope.DOWNLINK,)
    serializer_class = DownlinkSerializer

    @extend_schema(
        operation_id="downlinks_get",
        summary="One downlink and how far it is",
        tags=["downlinks"],
        responses={200: DownlinkSerializer, **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, pk: uuid.UUID, downlink: uuid.UUID) -> Response:
        row = access_downlink_by_key(key=request.auth, device=pk, pk=downlink)
        return Response(self.get_serializer(row).data)

    @extend_schema(
        operation_id="downlinks_cancel",
        summary="Take a downlink back",
        description="Works while its state is `queued`; what the network server has cannot be called back.",
        tags=["downlinks"],
        responses={200: DownlinkSerializer, **problems(401, 403, 404, 409, 429)},
    )
    def delete(self, request: Request, pk: uuid.UUID, downlink: uuid.UUID) -> Response:
        row = access_downlink_by_key(key=request.auth, device=pk, pk=downlink)
        return Response(DownlinkSerializer(downlink_cancel(downlink=row, actor=None)).data)


class DownlinkQuotaView(APIView):
    """What was taken back does not count. Scope `downlink`."""

    required_scopes = (Scope.DOWNLINK,)

    @extend_schema(
        operation_id="downlinks_quota_get",
        summary="How many downlinks a device may be sent today",
        tags=["downlinks"],
        responses={200: DownlinkQuotaSerializer, **problems(401, 403, 404, 429)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        device = access_device_by_key(key=request.auth, pk=pk)
        return Response(DownlinkQuotaSerializer(downlink_day(device)).data)
