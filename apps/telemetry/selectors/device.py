"""What a device sent, shaped for its page, its CSV and for lists of devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import get_language

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import DeviceLatest, TrialDay, Uplink
from apps.telemetry.rules.series import Interval, Span
from apps.telemetry.rules.states import Facts, State
from apps.telemetry.selectors.fields import Field, fields_of
from apps.telemetry.selectors.series import DeviceSeries, SeriesAnswer, series_of
from apps.telemetry.selectors.sight import latest_of, uplinks_of
from apps.telemetry.selectors.states import states_of
from apps.trials.models import Trial

#: Rows of the table at first, and after “more”.
TABLE_ROWS = (10, 200)
#: Newest uplinks that are asked for their fields.
LOOKED_AT = 50


@dataclass(frozen=True)
class DeviceNow:
    """How a device is doing. ``states``: the most important first; ``latest``: None before an uplink."""

    device: Device
    facts: Facts
    states: list[State]
    latest: DeviceLatest | None
    fields: list[Field]
    expected_day: int
    count_day: int
    sent_for_a_day: bool


@dataclass(frozen=True)
class DevicePage:
    """What the page shows of a range: its series, the ``field`` that is drawn, ``fields`` of the table, and
    where the interval is raw the newest ``uplinks`` of ``count`` first."""

    now: DeviceNow
    answer: SeriesAnswer
    field: Field | None
    fields: list[Field]
    uplinks: list[Uplink]
    count: int

    @property
    def series(self) -> DeviceSeries:
        return self.answer.devices[0]

    @property
    def is_raw(self) -> bool:
        return self.answer.interval == Interval.RAW


def device_now(device: Device, now: datetime) -> DeviceNow:
    """State and newest values of ``device``. Nine queries."""
    facts, states = states_of([device], now)[device.pk]
    latest = latest_of([device]).get(device.pk)
    day = now - timedelta(days=1)
    sent = uplinks_of(device).filter(time__lte=now)
    return DeviceNow(
        device=device,
        facts=facts,
        states=states,
        latest=latest,
        fields=fields_of(device, (latest.values or {}) if latest else (), get_language()),
        expected_day=round(86400 / facts.rhythm.interval),
        count_day=sent.filter(time__gte=day).count(),
        sent_for_a_day=sent.filter(time__lt=day).exists(),
    )


def device_page(
    *, device: Device, span: Span, field_name: str = "", rows: int = 10, now: datetime | None = None
) -> DevicePage:
    """What ``device`` sent in ``span``, as a chart and a table show it. Fourteen queries at most."""
    now = now or clock.now()
    current = device_now(device, now)
    rhythms = {device.pk: current.facts.rhythm}
    answer = series_of(devices=[device], span=span, rhythms=rhythms, now=now)
    numeric = [row.field for row in answer.devices[0].fields]
    chosen = next((f for f in numeric if f.name == field_name), numeric[0] if numeric else None)
    uplinks: list[Uplink] = []
    count, fields = answer.devices[0].numbers, numeric
    if answer.interval == Interval.RAW:
        sent = uplinks_of(device).filter(time__gte=span.since, time__lt=span.until)
        uplinks = list(sent.order_by("-time").defer("rx", "data")[: max(rows, LOOKED_AT)])
        count = sent.aggregate(n=Count("time"))["n"] if len(uplinks) >= max(rows, LOOKED_AT) else len(uplinks)
        seen = {name for uplink in uplinks for name in uplink.values or {}}
        fields = fields_of(device, seen, get_language())
    return DevicePage(current, answer, chosen, fields, uplinks[:rows], count)


def messages_today(trial: Trial, now: datetime | None = None) -> int:
    """Uplinks of ``trial`` stored today (Asia/Tokyo)."""
    row = TrialDay.objects.filter(trial=trial, day=clock.local_date(now)).first()
    return row.uplinks if row else 0


def field_names(device: Device, since: datetime, until: datetime) -> set[str]:
    """Names of everything decoded in that time: what a codec put out, described or not."""
    sent = uplinks_of(device).filter(time__gte=since, time__lt=until).order_by()
    sql, values = sent.values("values").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(u.values) FROM"  # noqa: S608 -- the ORM's own SQL
            f" (SELECT s.values FROM ({sql}) s WHERE jsonb_typeof(s.values) = 'object' OFFSET 0) u",
            values,
        )
        return {row[0] for row in cursor.fetchall()}


def uplinks_in_parts(
    device: Device, since: datetime, until: datetime, size: int = 2000
) -> Iterator[list[Uplink]]:
    """All uplinks of ``device`` in that time, oldest first, ``size`` at a time (flat memory)."""
    rows = uplinks_of(device).filter(time__lt=until).order_by("time", "deduplication_id").defer("rx")
    later = rows.filter(time__gte=since)
    while part := list(later[:size]):
        yield part
        last = part[-1]
        same_time = Q(time=last.time, deduplication_id__gt=last.deduplication_id)
        later = rows.filter(Q(time__gt=last.time) | same_time)
