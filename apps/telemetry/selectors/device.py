"""What a device sent, shaped for its page, its CSV and for lists of devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.enums import DeviceHealth
from apps.telemetry.models import DeviceLatest, TrialDay, Uplink
from apps.telemetry.rules import device_health, gaps_between, is_number
from apps.trials.models import Trial

#: Ranges of the page in hours.
RANGES = (24, 24 * 7, 24 * 30)
#: Rows of the table at first, and after “more”.
TABLE_ROWS = (10, 200)


@dataclass(frozen=True)
class Field:
    """A decoded value's name, label in the reader's language, unit and decimals."""

    name: str
    label: str
    unit: str
    places: int | None

    @property
    def heading(self) -> str:
        return f"{self.label} {self.unit}".strip()


@dataclass(frozen=True)
class DevicePage:
    """Everything the page of one device shows. ``uplinks`` are the newest of the range first."""

    health: DeviceHealth
    latest: DeviceLatest | None
    fields: list[Field]
    uplinks: list[Uplink]
    count: int
    expected_day: int
    count_day: int
    chart: dict[str, Any] | None
    field: Field | None


def fields_of(device: Device, uplinks: Sequence[Uplink], language: str) -> list[Field]:
    """The fields its model describes, then any other that was decoded, by name."""
    known: dict[str, Any] = device.model.fields if device.model else {}
    seen = {name for uplink in uplinks[:20] for name in (uplink.values or {})}
    # jsonb keeps no order of its keys: the fields carry theirs.
    described = sorted(known, key=lambda name: (known[name].get("order", 99), name))
    names = [*described, *sorted(seen - set(known))]
    result = []
    for name in names:
        row = known.get(name, {})
        label = (language == "en" and row.get("label_en")) or row.get("label") or name
        result.append(Field(name, str(label), str(row.get("unit", "")), row.get("decimals")))
    return result


def device_page(
    *, device: Device, hours: int, field_name: str = "", rows: int = 10, now: datetime | None = None
) -> DevicePage:
    """The last ``hours`` of ``device``. Four queries, however much it sent."""
    now = now or clock.now()
    latest = DeviceLatest.objects.filter(device=device).first()
    since = now - timedelta(hours=hours)
    uplinks = list(
        Uplink.objects.filter(device_id=device.pk, time__gte=since, time__lte=now)
        .order_by("-time")
        .defer("rx", "data")[:5000]
    )
    fields = fields_of(device, uplinks, get_language() or "ja")
    numeric = [f for f in fields if any(is_number((u.values or {}).get(f.name)) for u in uplinks[:50])]
    chosen = next((f for f in numeric if f.name == field_name), numeric[0] if numeric else None)
    day = now - timedelta(days=1)
    return DevicePage(
        health=device_health(device, latest.time if latest else None, now),
        latest=latest,
        fields=fields,
        uplinks=uplinks[:rows],
        count=len(uplinks),
        expected_day=86400 // max(device.uplink_interval, 1),
        count_day=sum(1 for uplink in uplinks if uplink.time >= day),
        chart=chart_of(uplinks, chosen, device.uplink_interval) if chosen else None,
        field=chosen,
    )


def chart_of(uplinks: Sequence[Uplink], field: Field, interval: int) -> dict[str, Any]:
    """Data of the line chart: seconds, values, and the stretches in which nothing arrived."""
    points = [
        (int(uplink.time.timestamp()), (uplink.values or {})[field.name])
        for uplink in reversed(uplinks)
        if is_number((uplink.values or {}).get(field.name))
    ]
    unit = f"（{field.unit}）" if get_language() == "ja" else f" ({field.unit})"
    return {
        "kind": "line",
        "unit": f"{field.label}{unit if field.unit else ''}",
        "x": [point[0] for point in points],
        "series": [{"label": field.label, "values": [p[1] for p in points], "places": field.places or 0}],
        "gaps": gaps_between([point[0] for point in points], interval),
    }


def device_states(devices: Sequence[Device]) -> dict[Any, tuple[str, str]]:
    """``{pk: (state, last time in words)}`` of ``devices``: the fact ``device.state``. One query."""
    now = clock.now()
    latest = dict(DeviceLatest.objects.filter(device__in=devices).values_list("device_id", "time"))
    return {
        device.pk: (
            str(device_health(device, latest.get(device.pk), now)),
            clock.short(latest[device.pk], now) if device.pk in latest else "",
        )
        for device in devices
    }


def messages_today(trial: Trial, now: datetime | None = None) -> int:
    """Uplinks of ``trial`` stored today (Asia/Tokyo)."""
    row = TrialDay.objects.filter(trial=trial, day=clock.local_date(now)).first()
    return row.uplinks if row else 0


def uplinks_in_parts(device: Device, since: datetime, size: int = 2000) -> Iterator[list[Uplink]]:
    """All uplinks of ``device`` from ``since``, oldest first, ``size`` at a time (flat memory)."""
    rows = Uplink.objects.filter(device_id=device.pk).order_by("time", "deduplication_id").defer("rx")
    later = rows.filter(time__gte=since)
    while part := list(later[:size]):
        yield part
        last = part[-1]
        same_time = Q(time=last.time, deduplication_id__gt=last.deduplication_id)
        later = rows.filter(Q(time__gt=last.time) | same_time)
