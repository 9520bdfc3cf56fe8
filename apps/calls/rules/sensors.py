"""The sensors of an application: rows of name, count, interval and payload, and what follows from them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class RadioAnswer:
    """Whether sensors fit the network, in one sentence, with its numbers.

    ``tone`` good, attention or error; ``messages`` a day of all devices; ``airtime`` seconds of the
    longest message in a far place (DR ``rate``, SF ``factor``); ``hourly`` seconds of air in an hour of
    the busiest device; ``share`` of the guide in percent; each None while it is not known.
    """

    tone: str
    sentence: str
    note: str
    messages: int | None
    devices: int | None
    airtime: float | None
    rate: int | None
    hourly: float | None
    share: int | None
    hourly_limit: float

    @property
    def factor(self) -> int | None:
        return None if self.rate is None else airtime.spreading_factor(self.rate)


def radio_answer(sensors: Sequence[Sensor], *, radio: airtime.Radio, message_guide: int) -> RadioAnswer:
    """What the city's network says to ``sensors``. A row that is not a number yet counts as not known."""
    payloads = [row["payload_bytes"] for row in sensors if isinstance(row["payload_bytes"], int)]
    payloads = [value for value in payloads if 0 < value <= 10_000]
    longest = max(payloads, default=None)
    slowest = None if longest is None else airtime.slowest_rate(longest, dwell_limit=radio.dwell_limit)
    rate = None if slowest is None else max(slowest, radio.far_rate)
    messages = messages_a_day(sensors)
    hourly = _busiest(sensors, rate)
    share = None if messages is None else round(100 * messages / max(message_guide, 1))
    tone, sentence, note = _verdict(longest, slowest, rate, hourly, messages, radio, message_guide)
    return RadioAnswer(
        tone=tone,
        sentence=sentence,
        note=note,
        messages=messages,
        devices=device_count(sensors),
        airtime=None if rate is None or longest is None else airtime.time_on_air(longest, rate),
        rate=rate,
        hourly=hourly,
        share=share,
        hourly_limit=radio.hourly_seconds,
    )


def _busiest(sensors: Sequence[Sensor], rate: int | None) -> float | None:
    """Seconds of air in an hour of the device that takes most; None while nothing can be said."""
    if rate is None:
        return None
    found = [
        airtime.airtime_an_hour(row["payload_bytes"], rate, row["interval_s"])
        for row in sensors
        if isinstance(row["payload_bytes"], int) and row["interval_s"] and row["payload_bytes"] <= 10_000
    ]
    return max(found, default=None)


def _verdict(
    longest: int | None,
    slowest: int | None,
    rate: int | None,
    hourly: float | None,
    messages: int | None,
    radio: airtime.Radio,
    guide: int,
) -> tuple[str, str, str]:
    """(tone, one plain sentence, what can be done)."""
    if longest is not None and slowest is None:
        most = airtime.max_payload(5, dwell_limit=radio.dwell_limit)
        return (
            "error",
            _("One message is too long for the network."),
            _("A message may have %(most)d bytes at most. Split it, or send less.") % {"most": most},
        )
    if hourly is not None and hourly > radio.hourly_seconds:
        return (
            "error",
            _("One device would hold the air for too long."),
            _("The law allows %(limit)d seconds in an hour. Send less often, or shorter messages.")
            % {"limit": radio.hourly_seconds},
        )
    if messages is not None and messages > guide:
        return (
            "attention",
            _("This is more than the guide of the call."),
            _("You may still apply: write why you need it, or send less often."),
        )
    if slowest is not None and slowest > radio.far_rate:
        return (
            "attention",
            _("It fits, but not everywhere."),
            _("Messages of this length do not arrive from far places (SF%(factor)d). %(most)d bytes would.")
            % {
                "factor": airtime.spreading_factor(radio.far_rate),
                "most": airtime.max_payload(radio.far_rate, dwell_limit=radio.dwell_limit),
            },
        )
    if messages is None or longest is None:
        return (
            "unknown",
            _("Fill in count, interval and bytes to see whether it fits."),
            _("You can also leave them open. The city will help."),
        )
    return "good", _("With these settings you fit well within the city’s network."), _far_note(longest, radio)


def _far_note(longest: int, radio: airtime.Radio) -> str:
    most = airtime.max_payload(radio.far_rate, dwell_limit=radio.dwell_limit)
    if longest == most:
        return _("%(bytes)d bytes are the most that also arrive from far places.") % {"bytes": most}
    return _("Up to %(bytes)d bytes also arrive from far places.") % {"bytes": most}
