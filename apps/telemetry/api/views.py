"""GET /api/v1/devices/{id}/uplinks and /latest: what the key's devices sent."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView

from apps.apikeys.enums import Scope
from apps.core.api import moment, problems
from apps.core.errors import InvalidInput, NotFound
from apps.devices.selectors import access_device_by_key
from apps.telemetry.api.pagination import UplinkPagination
from apps.telemetry.api.serializers import LatestSerializer, UplinkSerializer
from apps.telemetry.models import DeviceLatest, Uplink, UplinkQuerySet

_TIME = "ISO 8601, for example 2027-01-05T09:00:00+09:00. Without an offset it is the time in Japan."


@extend_schema_view(
    get=extend_schema(
        operation_id="devices_uplinks_list",
        summary="What a device sent, the newest first",
        tags=["data"],
        parameters=[
            OpenApiParameter("since", str, description=f"From this time on. {_TIME}"),
            OpenApiParameter("until", str, description=f"Before this time. {_TIME}"),
        ],
        responses={200: UplinkSerializer(many=True), **problems(401, 403, 404, 422, 429)},
    )
)
class UplinkListView(ListAPIView[Uplink]):
    """Every stored uplink of one device. Follow `next` until it is null. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)
    serializer_class = UplinkSerializer
    pagination_class = UplinkPagination

    def get_queryset(self) -> UplinkQuerySet:
        if self.request.auth is None:  # the schema is drawn without a key
            return Uplink.objects.none()
        device = access_device_by_key(key=self.request.auth, pk=self.kwargs["pk"])
        since, until = moment(self.request, "since"), moment(self.request, "until")
        if since and until and since >= until:
            text = _("“until” must be later than “since”.")
            raise InvalidInput(text, fields={"until": [text]})
        uplinks = Uplink.objects.filter(device_id=device.pk)
        uplinks = uplinks.filter(time__gte=since) if since else uplinks
        return uplinks.filter(time__lt=until) if until else uplinks


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
        latest = DeviceLatest.objects.filter(device=device).first()
        if latest is None:
            raise NotFound(_("Nothing has arrived from this device yet."), code="no_data")
        return latest
