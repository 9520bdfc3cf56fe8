"""A device's data in the words and shapes of its page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import DeviceEvent, Uplink
from apps.telemetry.rules import is_number
from apps.telemetry.rules.event_words import event_words
from apps.telemetry.rules.state_words import Code
from apps.telemetry.selectors.device import DevicePage, Field, fields_of


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


def verdict_text(page: DevicePage, now: datetime) -> str:
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


def event_items(events: Iterable[DeviceEvent], now: datetime) -> list[dict[str, Any]]:
    """Device events in plain words, each with the raw data as text."""
    return [
        {
            "time": event.time,
            "shown": clock.short(event.time, now),
            "words": event_words(event.kind, event.code, event.data if isinstance(event.data, dict) else {}),
            "raw": orjson.dumps(event.data, option=orjson.OPT_INDENT_2).decode(),
        }
        for event in events
    ]


def shown_value(field: Field, values: dict[str, Any] | None) -> Any:
    """A value as the page prints it: rounded as the field says; words as they are."""
    value = (values or {}).get(field.name)
    if is_number(value) and field.places is not None:
        return f"{value:,.{field.places}f}".replace("-", "−")
    return value


def value_items(page: DevicePage, now: datetime) -> list[dict[str, Any]]:
    """The newest value of each field that has one (four at most), and how strong the radio was."""
    if page.latest is None:
        return []
    age = age_text(page.latest.time, now)
    items = [
        {
            "label": field.label,
            "value": shown_value(field, page.latest.values),
            "unit": field.unit,
            "note": age,
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


def table_rows(page: DevicePage, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "time": uplink.time,
            "shown": clock.short(uplink.time, now),
            "cells": [{"field": field, "value": shown_value(field, uplink.values)} for field in page.fields],
            "rssi": uplink.rssi,
            "empty": not uplink.values,
            "note": uplink.get_decode_state_display(),
        }
        for uplink in page.uplinks
    ]


def csv_rows(device: Device, decoded: Collection[str], parts: Iterable[list[Uplink]]) -> Iterator[list[Any]]:
    """The head, then one row for each uplink; ``raw`` is hexadecimal, times are ISO 8601 in Japan."""
    names = [field.name for field in fields_of(device, decoded, "ja")]
    yield ["time", *names, "rssi_dbm", "snr_db", "dr", "f_cnt", "f_port", "state", "raw"]
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
