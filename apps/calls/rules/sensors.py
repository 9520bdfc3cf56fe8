"""The sensors of an application: rows of name, count, interval and payload, and what follows from them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.calls.rules.questions import MAX_DEVICES, MAX_SENSORS
from apps.core import airtime
from apps.core.text import clean_line, kept_line

#: What may be chosen as the interval: seconds, ``None`` when something happens, 0 not known yet.
INTERVALS: tuple[tuple[int | None, str | Promise], ...] = (
    (60, gettext_lazy("every minute")),
    (300, gettext_lazy("every 5 minutes")),
    (600, gettext_lazy("every 10 minutes")),
    (1800, gettext_lazy("every 30 minutes")),
    (3600, gettext_lazy("every hour")),
    (21_600, gettext_lazy("every 6 hours")),
    (86_400, gettext_lazy("once a day")),
    (None, gettext_lazy("only when something happens")),
    (0, gettext_lazy("not known yet")),
)
MAX_PAYLOAD = 242
NAME_LIMIT = 100
Sensor = Mapping[str, Any]


def whole(typed: Any) -> int | str | None:
    """``typed`` as a whole number; as it was typed when it is none; None when empty."""
    if typed is None or isinstance(typed, int):
        return typed
    text = clean_line(str(typed))
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if not plain:
        return None
    if plain.isascii() and plain.isdigit() and len(plain) <= 6:
        return int(plain)
    return text[:100]


def sensor(name: str, count: Any, interval: Any, payload: Any) -> dict[str, Any]:
    """One row as it is stored; what is no number stays as it was typed, and is asked again at the check."""
    known = {str(value): value for value, _label in INTERVALS}
    return {
        "name": kept_line(name),
        "count": whole(count),
        "interval_s": known.get(str(interval), 0),
        "payload_bytes": whole(payload),
    }


def is_empty(row: Sensor) -> bool:
    return not row["name"].strip() and row["count"] is None and row["payload_bytes"] is None


def device_count(sensors: Sequence[Sensor]) -> int | None:
    """The sum of the counts; None while none is known."""
    counts = [row["count"] for row in sensors if isinstance(row.get("count"), int)]
    return min(sum(counts), 2_000_000_000) if counts else None


def messages_a_day(sensors: Sequence[Sensor]) -> int | None:
    """Messages of all devices in a day; None while an interval or a count is not known."""
    total = 0.0
    for row in sensors:
        if not isinstance(row["count"], int) or row["interval_s"] == 0:
            return None
        if row["interval_s"] is not None:
            total += row["count"] * airtime.messages_a_day(row["interval_s"])
    return round(total) if sensors else None


def interval_words(interval_s: int | None) -> str:
    return str(dict(INTERVALS).get(interval_s, f"{interval_s} s"))


def sensor_words(row: Sensor) -> str:
    """``水位計 12台・10分ごと・11バイト``"""
    parts = [interval_words(row["interval_s"])]
    if isinstance(row["count"], int):
        text = ngettext("%(count)s device", "%(count)s devices", row["count"])
        parts.insert(0, text % {"count": f"{row['count']:,}"})
    elif row["count"]:
        parts.insert(0, str(row["count"]))
    if isinstance(row["payload_bytes"], int):
        text = ngettext("%(bytes)d byte", "%(bytes)d bytes", row["payload_bytes"])
        parts.append(text % {"bytes": row["payload_bytes"]})
    return _("%(name)s: %(details)s") % {
        "name": row["name"] or _("A sensor without a name"),
        "details": _(", ").join(parts),
    }


def sensor_problems(sensors: Sequence[Sensor], *, undecided: bool) -> list[str]:
    """What must be mended before the application is handed in."""
    if not sensors:
        return [] if undecided else [_("Write one sensor at least, or tick “not known yet”.")]
    found = []
    if len(sensors) > MAX_SENSORS:
        found.append(_("Please name %(most)d kinds of sensors at most.") % {"most": MAX_SENSORS})
    for number, row in enumerate(sensors, start=1):
        text = _row_problem(row)
        if text:
            found.append(_("Sensor %(number)d: %(text)s") % {"number": number, "text": text})
    if (device_count(sensors) or 0) > MAX_DEVICES:
        found.append(_("Write 10,000 devices in all at most."))
    return found


def _row_problem(row: Sensor) -> str:
    count, payload = row.get("count"), row.get("payload_bytes")
    if not row.get("name"):
        return _("write what it is, for example a water level gauge.")
    if len(row["name"]) > NAME_LIMIT:
        return _("please shorten its name to %(limit)d characters.") % {"limit": NAME_LIMIT}
    if not isinstance(count, int) or not 1 <= count <= MAX_DEVICES:
        return _("write the number of devices, from 1 to 10,000.")
    if payload is not None and not (isinstance(payload, int) and 1 <= payload <= MAX_PAYLOAD):
        return _("write the bytes of one message, from 1 to %(most)d, or leave it empty.") % {
            "most": MAX_PAYLOAD
        }
    return ""
