"""What a device sent, shaped for its page, its CSV and for lists of devices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import get_language

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import DeviceLatest, TrialDay, Uplink
from apps.telemetry.rules import gaps_between, is_number, thinned
from apps.telemetry.rules.states import Facts, State
from apps.telemetry.selectors.states import states_of
from apps.trials.models import Trial

#: Ranges of the page in hours.
RANGES = (24, 24 * 7, 24 * 30)
#: Rows of the table at first, and after “more”.
TABLE_ROWS = (10, 200)
#: Newest uplinks that are asked for their fields.
LOOKED_AT = 50
#: Points of a chart at most; of more, the highest and lowest of each stretch are kept.
CHART_POINTS = 2000


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
    """Everything the page of one device shows. ``states``: the most important first; ``uplinks`` are the
    newest of the range first."""

    facts: Facts
    states: list[State]
    latest: DeviceLatest | None
    fields: list[Field]
    numeric: list[Field]
    uplinks: list[Uplink]
    count: int
    expected_day: int
    count_day: int
    sent_for_a_day: bool
    chart: dict[str, Any] | None
    field: Field | None


def fields_of(device: Device, seen: Collection[str], language: str | None) -> list[Field]:
    """The fields its model describes, then any other that was ``seen``, by name."""
    known: dict[str, Any] = device.model.fields if device.model else {}
    # jsonb keeps no order of its keys: the fields carry theirs.
    described = sorted(known, key=lambda name: (known[name].get("order", 99), name))
    names = [*described, *sorted(set(seen) - set(known))]
    result = []
    for name in names:
        row = known.get(name, {})
        label = (language == "en" and row.get("label_en")) or row.get("label") or name
        result.append(Field(name, str(label), str(row.get("unit", "")), row.get("decimals")))
    return result


def device_page(
    *, device: Device, hours: int, field_name: str = "", rows: int = 10, now: datetime | None = None
) -> DevicePage:
    """The last ``hours`` of ``device``. Ten queries, however much it sent."""
    now = now or clock.now()
    facts, states = states_of([device], now)[device.pk]
    latest = DeviceLatest.objects.filter(device=device).first()
    since, day = now - timedelta(hours=hours), now - timedelta(days=1)
    sent = Uplink.objects.filter(device_id=device.pk, time__lte=now)
    uplinks = list(sent.filter(time__gte=since).order_by("-time").defer("rx", "data")[: max(rows, LOOKED_AT)])
    counts = sent.filter(time__gte=min(since, day)).aggregate(
        range=Count("time", filter=Q(time__gte=since)), day=Count("time", filter=Q(time__gte=day))
    )
    fields = fields_of(device, {name for uplink in uplinks for name in uplink.values or {}}, get_language())
    numeric = [f for f in fields if any(is_number((u.values or {}).get(f.name)) for u in uplinks)]
    chosen = next((f for f in numeric if f.name == field_name), numeric[0] if numeric else None)
    return DevicePage(
        facts=facts,
        states=states,
        latest=latest,
        fields=fields,
        numeric=numeric,
        uplinks=uplinks[:rows],
        count=counts["range"],
        expected_day=round(86400 / facts.rhythm.interval),
        count_day=counts["day"],
        sent_for_a_day=sent.filter(time__lt=day).exists(),
        chart=chart_of(values_of(device, chosen, since, now), chosen, device.uplink_interval)
        if chosen
        else None,
        field=chosen,
    )


def values_of(device: Device, field: Field, since: datetime, until: datetime) -> list[tuple[int, float]]:
    """(seconds, number) of one field, oldest first."""
    rows = (
        Uplink.objects.filter(device_id=device.pk, time__range=(since, until))
        .order_by("time")
        .values_list("time", KeyTransform(field.name, "values"))
    )
    return [(int(time.timestamp()), value) for time, value in rows.iterator() if is_number(value)]


def chart_of(points: Sequence[tuple[int, float]], field: Field, interval: int) -> dict[str, Any]:
    """Data of the line chart: seconds, values, and the stretches in which nothing arrived."""
    unit = f"（{field.unit}）" if get_language() == "ja" else f" ({field.unit})"
    drawn = thinned(points, CHART_POINTS)
    return {
        "kind": "line",
        "unit": f"{field.label}{unit if field.unit else ''}",
        "x": [point[0] for point in drawn],
        "series": [{"label": field.label, "values": [p[1] for p in drawn], "places": field.places or 0}],
        "gaps": gaps_between([point[0] for point in points], interval),
    }


def messages_today(trial: Trial, now: datetime | None = None) -> int:
    """Uplinks of ``trial`` stored today (Asia/Tokyo)."""
    row = TrialDay.objects.filter(trial=trial, day=clock.local_date(now)).first()
    return row.uplinks if row else 0


def field_names(device: Device, since: datetime) -> set[str]:
    """Names of everything decoded from ``since``: what a codec put out, described or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(values) FROM telemetry_uplink"
            " WHERE device_id = %s AND time >= %s AND jsonb_typeof(values) = 'object'",
            [device.pk, since],
        )
        return {row[0] for row in cursor.fetchall()}


def uplinks_in_parts(device: Device, since: datetime, size: int = 2000) -> Iterator[list[Uplink]]:
    """All uplinks of ``device`` from ``since``, oldest first, ``size`` at a time (flat memory)."""
    rows = Uplink.objects.filter(device_id=device.pk).order_by("time", "deduplication_id").defer("rx")
    later = rows.filter(time__gte=since)
    while part := list(later[:size]):
        yield part
        last = part[-1]
        same_time = Q(time=last.time, deduplication_id__gt=last.deduplication_id)
        later = rows.filter(Q(time__gt=last.time) | same_time)
