"""GET /api/v1/devices/{id}/series and /api/v1/series: values over time, small enough to draw."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core import clock
from apps.core.api import BadParameter, one_of, period, problems, time_zone
from apps.core.errors import NotFound
from apps.devices.models import Device
from apps.devices.selectors import access_device_by_key, visible_to_key
from apps.telemetry.rules.series import Interval
from apps.telemetry.selectors.series import (
    DEVICES,
    DeviceSeries,
    FieldSeries,
    SeriesAnswer,
    series_of,
    span_asked,
)

AGGREGATES = ("mean", "min", "max", "count")
AUTO = "auto"
_TIME = "ISO 8601, for example 2027-01-05T09:00:00+09:00. Without an offset it is the time in Japan."
_FIELD: dict[str, Any] = {
    "name": "level",
    "label": "水位",
    "unit": "m",
    "decimals": 2,
    "low": 0,
    "high": 5,
    "mean": [1.12, 1.1367, None],
    "min": [1.08, 1.12, None],
    "max": [1.15, 1.15, None],
    "count": [6, 6, None],
}
_ONE: dict[str, Any] = {
    "device_id": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "name": "WL-03",
    "times": ["2027-01-05T09:00:00+09:00", "2027-01-05T10:00:00+09:00", "2027-01-05T11:00:00+09:00"],
    "gaps": [{"since": "2027-01-05T11:00:00+09:00", "until": "2027-01-05T14:00:00+09:00"}],
    "fields": [_FIELD],
}
_HEAD = {
    "since": "2027-01-05T09:00:00+09:00",
    "until": "2027-01-05T14:00:00+09:00",
    "interval": "1h",
    "time_zone": "Asia/Tokyo",
}
_RAW: dict[str, Any] = {
    **_ONE,
    "times": ["2027-01-05T09:02:11.204+09:00", "2027-01-05T09:12:10.981+09:00"],
    "gaps": [],
    "fields": [{name: _FIELD[name] for name in ("name", "label", "unit", "decimals", "low", "high")}
               | {"values": [1.12, 1.13]}],
}  # fmt: skip


class GapSerializer(serializers.Serializer[Any]):
    """A stretch in which nothing arrived, longer than the device’s rhythm lets expect."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


def _numbers(help_text: str) -> Any:
    return serializers.ListField(
        child=serializers.FloatField(allow_null=True), required=False, help_text=help_text
    )


class SeriesFieldSerializer(serializers.Serializer[Any]):
    """A field beside `times`: null where nothing is. `values` where the interval is `raw`, else what was
    asked for of `mean`, `min`, `max` and `count`. `low` and `high`: what is plausible, null if not known."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    decimals = serializers.IntegerField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    values = _numbers(help_text="Single values, in `raw`.")
    mean = _numbers(help_text="Mean of each hour or day.")
    min = _numbers(help_text="Lowest of each hour or day.")
    max = _numbers(help_text="Highest of each hour or day.")
    count = serializers.ListField(
        child=serializers.IntegerField(allow_null=True), required=False, help_text="How many values."
    )


class DeviceSeriesSerializer(serializers.Serializer[Any]):
    """Series of one device. Where a gap begins a row of nulls stands, so that no line is drawn across."""

    device_id = serializers.UUIDField()
    name = serializers.CharField()
    times = serializers.ListField(child=serializers.DateTimeField())
    gaps = GapSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "fields": SeriesFieldSerializer(many=True)}


class _HeadSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="What was asked for, widened to whole hours or days.")
    until = serializers.DateTimeField()
    interval = serializers.ChoiceField(choices=list(Interval))
    time_zone = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("Hours", value={**_HEAD, **_ONE}),
        OpenApiExample("Single values", value={**_HEAD, "interval": "raw", **_RAW}),
    ]
)
class OneSeriesSerializer(_HeadSerializer, DeviceSeriesSerializer):
    """Series of one device."""


@extend_schema_serializer(examples=[OpenApiExample("Hours of a device", value={**_HEAD, "devices": [_ONE]})])
class ManySeriesSerializer(_HeadSerializer):
    """Series of several devices, in the order in which they were asked for."""

    devices = DeviceSeriesSerializer(many=True)


PARAMETERS = [
    OpenApiParameter(
        "since", str, description=f"From this time on; a day before `until` if left out. {_TIME}"
    ),
    OpenApiParameter("until", str, description=f"Before this time; now if left out. {_TIME}"),
    OpenApiParameter(
        "fields",
        str,
        description="Decoded values by name, with commas between, at most ten. Left out: the first ten that "
        "have numbers.",
    ),
    OpenApiParameter(
        "interval",
        str,
        enum=[AUTO, *Interval],
        description="`auto` (default): the finest of `raw`, `1h` and `1d` with at most 1,500 points.",
    ),
    OpenApiParameter(
        "aggregates",
        str,
        description="Of `mean,min,max,count` (default: all), with commas between; for hours and days.",
    ),
    OpenApiParameter(
        "time_zone", str, description="Whose days, and the offset of the times; Asia/Tokyo if left out."
    ),
]


class OneSeriesView(APIView):
    """Values of one device over time, at most 1,500 points: single values, hours or days.

    Hours are hours of UTC, days those of `time_zone`; every hour or day that the range touches is whole.
    The longest range is 1,500 days. Scope `read:data`.
    """

    required_scopes = (Scope.READ_DATA,)

    @extend_schema(
        operation_id="devices_series_get",
        summary="Values of a device over time",
        tags=["data"],
        parameters=PARAMETERS,
        responses={200: OneSeriesSerializer, **problems(401, 403, 404, 422, 429)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        device = access_device_by_key(key=request.auth, pk=pk)
        answer = _answer(request, [device])
        return Response({**_head(answer), **_device(answer, answer.devices[0], _aggregates(request))})


class ManySeriesView(APIView):
    """Values of several devices over time, in one interval. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)

    @extend_schema(
        operation_id="series_get",
        summary="Values of several devices over time",
        tags=["data"],
        parameters=[
            OpenApiParameter(
                "device", uuid.UUID, many=True, required=True, description="Devices, at most ten."
            ),
            *PARAMETERS,
        ],
        responses={200: ManySeriesSerializer, **problems(401, 403, 404, 422, 429)},
    )
    def get(self, request: Request) -> Response:
        answer = _answer(request, _devices(request))
        wanted = _aggregates(request)
        return Response(
            {**_head(answer), "devices": [_device(answer, one, wanted) for one in answer.devices]}
        )


def _devices(request: Request) -> list[Device]:
    """Those asked for, in that order; 404 when one of them is none of the key's."""
    texts = [part.strip() for text in request.query_params.getlist("device") for part in text.split(",")]
    try:
        wanted = list(dict.fromkeys(uuid.UUID(text) for text in texts if text))
    except ValueError:
        raise BadParameter(_("Give ids of devices."), name="device") from None
    if not 1 <= len(wanted) <= DEVICES:
        raise BadParameter(_("Name one to %(count)s devices.") % {"count": DEVICES}, name="device")
    devices = visible_to_key(request.auth).select_related("trial", "model").in_bulk(wanted)
    if len(devices) < len(wanted):
        raise NotFound(_("There is no such device."))
    return [devices[pk] for pk in wanted]


def _answer(request: Request, devices: Sequence[Device]) -> SeriesAnswer:
    now = clock.now()
    since, until = period(request)
    span = span_asked(since, until, time_zone(request), now)
    interval = one_of(request, "interval", [AUTO, *Interval])
    names = [name.strip() for name in request.query_params.get("fields", "").split(",")]
    _aggregates(request)
    return series_of(
        devices=devices,
        span=span,
        names=[name for name in names if name] or None,
        interval=None if interval in ("", AUTO) else Interval(interval),
        now=now,
    )


def _aggregates(request: Request) -> list[str]:
    texts = [part.strip() for part in request.query_params.get("aggregates", "").split(",")]
    wanted = [text for text in texts if text]
    if not set(wanted) <= set(AGGREGATES):
        words = _("Give some of: %(values)s.") % {"values": ", ".join(AGGREGATES)}
        raise BadParameter(words, name="aggregates")
    return wanted or list(AGGREGATES)


def _head(answer: SeriesAnswer) -> dict[str, Any]:
    zone = answer.span.zone
    return {
        "since": answer.span.since.astimezone(zone).isoformat(),
        "until": answer.span.until.astimezone(zone).isoformat(),
        "interval": answer.interval.value,
        "time_zone": zone.key,
    }


def _device(answer: SeriesAnswer, one: DeviceSeries, wanted: Sequence[str]) -> dict[str, Any]:
    zone = answer.span.zone
    precision = "milliseconds" if answer.interval == Interval.RAW else "auto"
    return {
        "device_id": str(one.device.pk),
        "name": one.device.name,
        "times": [time.astimezone(zone).isoformat(timespec=precision) for time in one.times],
        "gaps": [
            {"since": begin.astimezone(zone).isoformat(), "until": end.astimezone(zone).isoformat()}
            for begin, end in one.gaps
        ],
        "fields": [_field(row, wanted, raw=answer.interval == Interval.RAW) for row in one.fields],
    }


def _field(row: FieldSeries, wanted: Sequence[str], *, raw: bool) -> dict[str, Any]:
    field = row.field
    about = {
        "name": field.name,
        "label": field.label,
        "unit": field.unit,
        "decimals": field.places,
        "low": field.low,
        "high": field.high,
    }
    if raw:
        return {**about, "values": row.mean}
    columns = {"mean": row.mean, "min": row.low, "max": row.high, "count": row.count}
    return {**about, **{name: columns[name] for name in AGGREGATES if name in wanted}}
