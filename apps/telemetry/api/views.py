"""What the key's devices sent and what was told of them: uplinks, the latest, device events."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apikeys.enums import Scope
from apps.core.api import chosen_fields, one_of, period, problems
from apps.core.api.reading import TIME
from apps.core.errors import NotFound
from apps.devices.selectors import access_device_by_key
from apps.telemetry.api.pagination import EventPagination, UplinkPagination
from apps.telemetry.api.serializers import (
    AnyUplinkSerializer,
    DeviceUplinkSerializer,
    EventSerializer,
    LatestSerializer,
)
from apps.telemetry.enums import EventKind
from apps.telemetry.models import DeviceEvent, DeviceLatest, Uplink, UplinkQuerySet
from apps.telemetry.models.device_event import DeviceEventQuerySet
from apps.telemetry.selectors.by_key import devices_across, uplinks_across
from apps.telemetry.selectors.sight import events_of, latest_of, uplinks_of

PERIOD = [
    OpenApiParameter("since", str, description=f"From this time on. {TIME}"),
    OpenApiParameter("until", str, description=f"Before this time. {TIME}"),
]


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_uplinks_list",
        summary="What a device sent, the newest first",
        tags=["data"],
        parameters=PERIOD,
        responses={200: DeviceUplinkSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    )
)
class UplinkListView(ListAPIView[Uplink]):
    """Every stored uplink of one device. Follow `next` until it is null. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = DeviceUplinkSerializer
    pagination_class = UplinkPagination

    def get_queryset(self) -> UplinkQuerySet:
        if self.request.auth is None:  # the schema is drawn without a key
            return Uplink.objects.none()
        device = access_device_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        since, until = period(self.request)
        asked = chosen_fields(self.request, list(DeviceUplinkSerializer().fields))
        uplinks = uplinks_of(device)
        uplinks = uplinks if asked is None or "rx" in asked else uplinks.defer("rx")
        uplinks = uplinks.filter(time__gte=since) if since else uplinks
        return uplinks.filter(time__lt=until) if until else uplinks


class AllUplinksView(GenericAPIView[Uplink]):
    """Uplinks of all devices together, or of those of a trial: `trial` keeps to what came in while a device
    was in it. Follow `next` until it is null. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = AnyUplinkSerializer
    pagination_class = UplinkPagination

    @extend_schema(
        operation_id="uplinks_list",
        summary="What all your devices sent, the newest first",
        tags=["data"],
        parameters=[
            OpenApiParameter("trial", str, description="Only what came in for this trial (its number)."),
            *PERIOD,
        ],
        responses={200: AnyUplinkSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    )
    def get(self, request: Request) -> Response:
        pages = UplinkPagination()
        devices, codes, trials = devices_across(
            key=request.auth, trial=request.query_params.get("trial", "").replace("\0", "")
        )
        (since, until), limit = period(request), pages.size(request)
        rows = uplinks_across(
            devices=devices,
            trials=trials,
            since=since,
            until=until,
            after=pages.after(request),
            limit=limit + 1,
        )
        context = {**self.get_serializer_context(), "codes": codes}
        told = AnyUplinkSerializer(pages.cut(rows, request, limit), many=True, context=context)
        return pages.get_paginated_response(told.data)


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_latest_get",
        summary="The newest uplink of a device",
        tags=["data"],
        responses={200: LatestSerializer, **problems(401, 403, 404, 429)},
    )
)
class LatestView(RetrieveAPIView[DeviceLatest]):
    """The newest uplink; 404 with code `no_data` while nothing has arrived. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = LatestSerializer

    def get_object(self) -> DeviceLatest:
        device = access_device_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        latest = latest_of([device]).get(device.pk)
        if latest is None:
            raise NotFound(_("Nothing has arrived from this device yet."), code="no_data")
        return latest


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_events_list",
        summary="What the network told of a device, the newest first",
        tags=["data"],
        parameters=[
            OpenApiParameter("kind", str, enum=EventKind.values, description="Only events of this kind."),
            *PERIOD,
        ],
        responses={200: EventSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    )
)
class EventListView(ListAPIView[DeviceEvent]):
    """Joins, acknowledgements, battery, notes of the network server. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = EventSerializer
    pagination_class = EventPagination

    def get_queryset(self) -> DeviceEventQuerySet:
        if self.request.auth is None:  # the schema is drawn without a key
            return DeviceEvent.objects.none()
        device = access_device_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        since, until = period(self.request)
        kind = one_of(self.request, "kind", EventKind.values)
        events = events_of(device)
        events = events.filter(kind=kind) if kind else events
        events = events.filter(time__gte=since) if since else events
        return events.filter(time__lt=until) if until else events
