"""The data of exports, a page at a time: device after device, each oldest first (flat memory)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from apps.core import clock
from apps.devices.models import Device
from apps.exports.rules import Page
from apps.telemetry.models import DeviceEvent, DeviceHour, Uplink
from apps.telemetry.rules import is_number
from apps.telemetry.rules.export_words import AFTER, BEFORE, EVENT, HOUR, RAW, column_of
from apps.telemetry.rules.series import Interval, bucket_start
from apps.telemetry.selectors.fields import described_order
from apps.telemetry.selectors.series_seen import hour_in_trial

Params = Mapping[str, Any]
#: More decoded fields than these are not made columns of: they stand together in one, as JSON.
MOST_FIELDS = 200
_VALUES = "values"


def devices_of(params: Params) -> list[tuple[uuid.UUID, str, str]]:
    """(id, name, DevEUI) of every device whose data goes into the export, in the order of the file.

    Of a trial: its devices, and those that were moved away and sent something while they belonged to it.
    """
    if params.get("device"):
        found = Device.objects.filter(pk=params["device"])
    else:
        here = Q(trial=params["_trial"])
        members = Device.objects.filter(organization__participations__trial=params["_trial"])
        away = members.exclude(here).values("pk")
        sent = DeviceHour.objects.filter(device_id__in=away, trial_id=params["_trial"])
        found = Device.objects.filter(here | Q(pk__in=sent.values("device_id")))
        if params.get("own_only"):
            found = found.filter(organization=params["_organization"])
    return list(found.order_by("pk").values_list("pk", "name", "dev_eui"))


def _range(params: Params, rows: QuerySet[Any], name: str = "time") -> QuerySet[Any]:
    """``rows`` of the stretch asked for that came in the trial; of a device that is seen whole, in any."""
    return _stretch(params, rows if params.get("_whole") else rows.filter(trial_id=params["_trial"]), name)


def _stretch(params: Params, rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    if params.get("since"):
        rows = rows.filter(**{f"{name}__gte": datetime.fromisoformat(params["since"])})
    return rows.filter(**{f"{name}__lt": datetime.fromisoformat(params["until"])})


def _hours(params: Params) -> QuerySet[DeviceHour]:
    ids = [device[0] for device in devices_of(params)]
    return _range(params, DeviceHour.objects.filter(device_id__in=ids), "hour")


def uplinks_expected(params: Params) -> int:
    """About how many uplinks: summed from the hours, so the first and the last count as whole."""
    return int(_hours(params).aggregate(total=Sum("uplinks"))["total"] or 0)


def events_expected(params: Params) -> int:
    ids = [device[0] for device in devices_of(params)]
    return int(_range(params, DeviceEvent.objects.filter(device_id__in=ids)).count())


def hours_expected(params: Params) -> int:
    """Rows of hours times their fields."""
    if params.get("fields"):
        return int(_hours(params).count()) * len(params["fields"])
    sql, values = _hours(params).values("fields").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) h, jsonb_object_keys(h.fields)", values)  # noqa: S608 -- the ORM's own SQL
        return int(cursor.fetchone()[0])


def uplink_columns(params: Params) -> list[str]:
    """The head: every field that was decoded in the stretch, those that are described first."""
    if params.get("content") == "raw":
        return list(RAW)
    names = params.get("fields") or _decoded(params)
    if len(names) > MOST_FIELDS:
        return [*BEFORE, _VALUES, *AFTER]
    return [*BEFORE, *(column_of(name) for name in names), *AFTER]


def _decoded(params: Params) -> list[str]:
    devices = [device[0] for device in devices_of(params)]
    rows = _range(params, Uplink.objects.filter(device_id__in=devices, values__isnull=False))
    sql, values = rows.order_by().values("values").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(u.values) FROM"  # noqa: S608 -- the ORM's own SQL
            f" (SELECT s.values FROM ({sql}) s WHERE jsonb_typeof(s.values) = 'object' OFFSET 0) u",
            values,
        )
        seen = {row[0] for row in cursor.fetchall()}
    known = described_fields(devices)
    return [*(name for name in known if name in seen), *sorted(seen - set(known))]


def described_fields(devices: Sequence[uuid.UUID]) -> list[str]:
    """Names of the fields that ``devices`` or their models describe, in their order."""
    rows = (
        Device.objects.filter(pk__in=devices).only("model", "fields", "model__fields").select_related("model")
    )
    return described_order(rows)


def event_columns(params: Params) -> list[str]:
    return list(EVENT)


def hour_columns(params: Params) -> list[str]:
    return list(HOUR)


def _time(moment: datetime) -> str:
    return moment.astimezone(clock.TOKYO).isoformat()


def _pages(
    params: Params, after: Any, limit: int, part: Callable[[uuid.UUID, Any, int], list[Any]]
) -> Iterator[tuple[tuple[uuid.UUID, str, str], list[Any]]]:
    """``limit`` rows from the place ``after`` on: (device, rows of it). ``part`` reads one device's."""
    left = limit
    begin = uuid.UUID(after[0]) if after else None
    for device in devices_of(params):
        if begin is not None and device[0] < begin:
            continue
        rows = part(device[0], after[1:] if begin == device[0] else None, left)
        left -= len(rows)
        yield device, rows
        if left <= 0:
            return


_UPLINK = (
    "time", "deduplication_id", "values", "rssi", "snr", "dr", "f_cnt", "f_port", "decode_state",
)  # fmt: skip
_FRAME = (
    "time", "deduplication_id", "received_at", "dev_addr", "f_cnt", "f_port", "dr", "frequency", "rssi",
    "snr", "gateway_count", "decode_state", "data", "rx",
)  # fmt: skip


def uplink_page(params: Params, columns: Sequence[str], after: Any, limit: int) -> Page:
    """Uplinks with their decoded values, or as frames with what the radio said."""
    raw = params.get("content") == "raw"
    names = _FRAME if raw else _UPLINK

    def part(device: uuid.UUID, place: Any, left: int) -> list[Any]:
        rows = _range(params, Uplink.objects.filter(device_id=device))
        rows = _beyond(rows, place, "deduplication_id")
        return list(rows.order_by("time", "deduplication_id").values_list(*names)[:left])

    shape = _frame if raw else _valued(columns)
    return _page(params, after, limit, part, shape)


def _beyond(rows: QuerySet[Any], place: Any, identity: str) -> QuerySet[Any]:
    if not place:
        return rows
    time, last = datetime.fromisoformat(place[0]), uuid.UUID(place[1])
    later = Q(time__gt=time) | Q(time=time, **{f"{identity}__gt": last})
    return rows.filter(later, time__gte=time)


def _page(
    params: Params,
    after: Any,
    limit: int,
    part: Callable[[uuid.UUID, Any, int], list[Any]],
    shape: Callable[[tuple[uuid.UUID, str, str], Any], list[Any]],
) -> Page:
    """Rows whose first two values are their place. Fewer than ``limit``: there are no more."""
    shaped: list[list[Any]] = []
    last: list[str] | None = None
    for device, rows in _pages(params, after, limit, part):
        shaped += [shape(device, row) for row in rows]
        if rows:
            last = [str(device[0]), rows[-1][0].isoformat(), str(rows[-1][1])]
    return Page(shaped, last if len(shaped) >= limit else None)


def _valued(columns: Sequence[str]) -> Callable[[Any, Any], list[Any]]:
    middle = list(columns[len(BEFORE) : len(columns) - len(AFTER)])
    names = [name.removeprefix("values.") if name != _VALUES else name for name in middle]

    def shape(device: tuple[uuid.UUID, str, str], row: Any) -> list[Any]:
        values = row[2] if isinstance(row[2], dict) else {}
        cells: list[Any] = [values] if middle == [_VALUES] else [values.get(name) for name in names]
        return [_time(row[0]), device[1], device[2], *cells, *row[3:]]

    return shape


def _frame(device: tuple[uuid.UUID, str, str], row: Any) -> list[Any]:
    data = bytes(row[12]).hex()
    return [_time(row[0]), device[1], device[2], _time(row[2]), *row[3:12], data, row[13]]


def event_page(params: Params, columns: Sequence[str], after: Any, limit: int) -> Page:
    """What the network told of the devices beside their uplinks."""

    def part(device: uuid.UUID, place: Any, left: int) -> list[Any]:
        rows = _beyond(_range(params, DeviceEvent.objects.filter(device_id=device)), place, "event_id")
        names = ("time", "event_id", "received_at", "kind", "level", "code", "data")
        return list(rows.order_by("time", "event_id").values_list(*names)[:left])

    def shape(device: tuple[uuid.UUID, str, str], row: Any) -> list[Any]:
        return [_time(row[0]), device[1], device[2], _time(row[2]), *row[3:]]

    return _page(params, after, limit, part, shape)


def hour_page(params: Params, columns: Sequence[str], after: Any, limit: int) -> Page:
    """Hours of the numeric fields: how many, lowest, mean, highest, last. ``limit`` counts hours.

    An hour in which a device moved holds what came in two trials: of it each one's part is counted.
    """

    cut = {} if params.get("_whole") else _cut_hours(params)

    def part(device: uuid.UUID, place: Any, left: int) -> list[Any]:
        here = Q() if params.get("_whole") else Q(trial_id=params["_trial"]) | Q(hour__in=cut.get(device, ()))
        rows = _stretch(params, DeviceHour.objects.filter(here, device_id=device), "hour")
        if place:
            rows = rows.filter(hour__gt=datetime.fromisoformat(place[0]))
        hours = list(rows.order_by("hour").values_list("hour", "fields")[:left])
        if device not in cut:
            return hours
        trial = uuid.UUID(params["_trial"])
        return [
            (hour, hour_in_trial(device, trial, hour) if hour in cut[device] else fields)
            for hour, fields in hours
        ]

    wanted, shaped, last, seen = set(params.get("fields") or ()), [], None, 0
    for device, rows in _pages(params, after, limit, part):
        for hour, fields in rows:
            last, seen = [str(device[0]), hour.isoformat()], seen + 1
            head = [_time(hour), device[1], device[2]]
            chosen = [name for name in sorted(fields) if not wanted or name in wanted]
            shaped += [[*head, name, *_hour(fields[name])] for name in chosen]
    return Page(shaped, last if seen >= limit else None)


def _cut_hours(params: Params) -> dict[uuid.UUID, list[datetime]]:
    """Of devices that moved the hours in which they did. One query, or two."""
    moved = Device.objects.filter(pk__in=[device[0] for device in devices_of(params)])
    moved = moved.exclude(joined_trial_at=None).order_by()
    found: dict[uuid.UUID, list[datetime]] = {}
    for pk, joined_at, earlier in moved.values_list("pk", "joined_trial_at", "earlier_trials"):
        moves: list[Any] = [joined_at, *(datetime.fromisoformat(until) for _trial, _since, until in earlier)]
        found[pk] = [bucket_start(moment, Interval.HOUR, clock.TOKYO) for moment in moves]
    return found


def _hour(values: Sequence[Any]) -> list[Any]:
    """``[n, min, max, sum, last]`` as count, min, mean, max, last."""
    count, low, high, total, last = values
    mean = total / count if count and is_number(total) else None
    return [count, low, mean, high, last]
