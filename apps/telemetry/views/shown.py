"""A device's data in the words and shapes of its page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.core.json_text import json_bytes
from apps.devices.models import Device
from apps.telemetry.models import DeviceEvent, Uplink
from apps.telemetry.rules import is_number
from apps.telemetry.rules.event_words import event_words
from apps.telemetry.rules.state_words import Code
from apps.telemetry.selectors.device import DeviceNow
from apps.telemetry.selectors.fields import Field, fields_of


def age_text(moment: datetime, now: datetime) -> str:
    """How long ago ``moment`` was, in its largest whole unit."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    days = minutes // (24 * 60)
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def verdict_text(page: DeviceNow, now: datetime) -> str:
    """The state in one or two sentences; where all is well and it sent for a day, also how much arrived."""
    state = page.states[0]
    if page.latest is None or state.code != Code.SENDING or not page.sent_for_a_day:
        return state.text
    words = {
        "ago": age_text(page.latest.time, now),
        "time": clock.short(page.latest.time, now),
        "count": page.count_day,
        "expected": page.expected_day,
    }
    return (
        _("The last one came %(ago)s (%(time)s). Of %(expected)s expected in 24 hours, %(count)s arrived.")
        % words
    )


def stale_text(page: DeviceNow, now: datetime) -> str:
    """Since when the values are old, in plain words; empty while they come as usual."""
    if page.latest is None or now - page.latest.time <= page.facts.rhythm.late_after:
        return ""
    words = {"time": clock.short(page.latest.time, now), "ago": age_text(page.latest.time, now)}
    return _("These values are as of %(time)s (%(ago)s). Nothing newer has arrived since.") % words


def event_items(events: Iterable[DeviceEvent], now: datetime) -> list[dict[str, Any]]:
    """Device events in plain words, each with the raw data as text."""
    return [
        {
            "time": event.time,
            "shown": clock.short(event.time, now),
            "words": event_words(event.kind, event.code, event.data if isinstance(event.data, dict) else {}),
            "raw": json_bytes(event.data, orjson.OPT_INDENT_2).decode(),
        }
        for event in events
    ]


def shown_number(field: Field, value: Any) -> Any:
    """A value as the page prints it: rounded as the field says; words as they are."""
    if is_number(value) and field.places is not None:
        return f"{value:,.{field.places}f}".replace("-", "−")
    return value


def shown_value(field: Field, values: dict[str, Any] | None) -> Any:
    """The value of ``field`` among decoded ``values``."""
    return shown_number(field, (values or {}).get(field.name))


def plausible_text(field: Field) -> str:
    """Between what a value is plausible, in words; empty when that is not known."""
    words = {"low": shown_number(field, field.low), "high": shown_number(field, field.high)}
    if field.low is None:
        return _("at most %(high)s") % words if field.high is not None else ""
    if field.high is None:
        return _("at least %(low)s") % words
    return _("%(low)s to %(high)s") % words


def _value_note(field: Field, value: Any, age: str) -> str:
    """How old it is; and when it cannot well be, that."""
    if is_number(value) and field.implausible(value):
        return _("%(age)s. Outside what is expected (%(range)s)") % {
            "age": age,
            "range": plausible_text(field),
        }
    return age


def value_items(page: DeviceNow, now: datetime) -> list[dict[str, Any]]:
    """The newest value of each field that has one (four at most), and how strong the radio was."""
    if page.latest is None:
        return []
    age = age_text(page.latest.time, now)
    items = [
        {
            "label": field.label,
            "value": shown_value(field, page.latest.values),
            "unit": field.unit,
            "note": _value_note(field, (page.latest.values or {}).get(field.name), age),
        }
        for field in page.fields
        if shown_value(field, page.latest.values) is not None
    ][:4]
    if page.latest.rssi is not None and len(items) < 4:
        items.append(
            {
                "label": _("Signal"),
                "value": page.latest.rssi,
                "unit": "dBm",
                "note": signal_text(page.latest.rssi),
            }
        )
    return items


def signal_text(rssi: int) -> str:
    """RSSI in words; LoRa still hears at about −120 dBm."""
    if rssi >= -105:
        return _("Well heard")
    return _("Heard, with little to spare") if rssi >= -118 else _("Barely heard")


def range_items(ranges: Sequence[int], hours: int, query: str) -> list[dict[str, Any]]:
    """A choice of 24 hours, 7 days, 30 days; ``query`` is the address with %d for the hours."""
    labels = {24: _("24 hours"), 168: _("7 days"), 720: _("30 days")}
    return [{"label": labels[item], "url": query % item, "current": item == hours} for item in ranges]


def csv_rows(
    device: Device, decoded: Collection[str], parts: Iterable[list[Uplink]], language: str | None
) -> Iterator[list[Any]]:
    """The head, then one row for each uplink; ``raw`` is hexadecimal, times are ISO 8601 in Japan.

    Over a value stands its name, and what the device page calls it.
    """
    fields = fields_of(device, decoded, language)
    names = [field.name for field in fields]
    yield [
        "time",
        *(field.column for field in fields),
        "rssi_dbm",
        "snr_db",
        "dr",
        "f_cnt",
        "f_port",
        "state",
        "raw",
    ]
    for part in parts:
        for row in part:
            values = row.values or {}
            yield [
                row.time.astimezone(clock.TOKYO).isoformat(),
                *(values.get(name) for name in names),
                row.rssi,
                row.snr,
                row.dr,
                row.f_cnt,
                row.f_port,
                row.decode_state,
                bytes(row.data).hex(),
            ]
