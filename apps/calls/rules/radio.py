"""What the city's network says to the sensors of an application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.calls.rules.sensors import Sensor, device_count, messages_a_day
from apps.core import airtime

#: (tone, one plain sentence, what can be done)
Verdict = tuple[str, str, str]


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
    hourly_limit: int

    @property
    def factor(self) -> int | None:
        return None if self.rate is None else airtime.spreading_factor(self.rate)


def radio_answer(sensors: Sequence[Sensor], *, radio: airtime.Radio, message_guide: int) -> RadioAnswer:
    """What the city's network says to ``sensors``. A row that is not a number yet counts as not known."""
    payloads = [row["payload_bytes"] for row in sensors if isinstance(row["payload_bytes"], int)]
    payloads = [value for value in payloads if value > 0]
    longest = max(payloads, default=None)
    slowest = None if longest is None else airtime.slowest_rate(longest, dwell_limit=radio.dwell_limit)
    rate = None if slowest is None else max(slowest, radio.far_rate)
    messages = messages_a_day(sensors)
    hourly = _busiest(sensors, rate)
    share = None if messages is None else round(100 * messages / max(message_guide, 1))
    tone, sentence, note = _verdict(longest, slowest, hourly, messages, radio, message_guide)
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
        hourly_limit=round(radio.hourly_seconds),
    )


def _busiest(sensors: Sequence[Sensor], rate: int | None) -> float | None:
    """Seconds of air in an hour of the device that takes most; None while nothing can be said."""
    if rate is None:
        return None
    found = [
        airtime.airtime_an_hour(row["payload_bytes"], rate, row["interval_s"])
        for row in sensors
        if isinstance(row["payload_bytes"], int) and row["interval_s"]
    ]
    return max(found, default=None)


def _verdict(
    longest: int | None,
    slowest: int | None,
    hourly: float | None,
    messages: int | None,
    radio: airtime.Radio,
    guide: int,
) -> Verdict:
    """The first that holds: it cannot be, it is more than the guide, it does not reach, not known, good."""
    if longest is not None and slowest is None:
        return _too_long(radio)
    if hourly is not None and hourly > radio.hourly_seconds:
        return _too_often(radio)
    if messages is not None and messages > guide:
        return (
            "attention",
            _("This is more than the guide of the call."),
            _("You may still apply: write why you need it, or send less often."),
        )
    if slowest is not None and slowest > radio.far_rate:
        return _not_everywhere(radio)
    if messages is None or longest is None:
        return (
            "unknown",
            _("Fill in count, interval and bytes to see whether it fits."),
            _("You can also leave them open. The city will help."),
        )
    return "good", _("With these settings you fit well within the city’s network."), _far_note(longest, radio)


def _too_long(radio: airtime.Radio) -> Verdict:
    most = airtime.max_payload(5, dwell_limit=radio.dwell_limit)
    advice = _("A message may have %(most)d bytes at most. Split it, or send less.")
    return "error", _("One message is too long for the network."), advice % {"most": most}


def _too_often(radio: airtime.Radio) -> Verdict:
    advice = _("The law allows %(limit)d seconds in an hour. Send less often, or shorter messages.")
    words = _("One device would hold the air for too long.")
    return "error", words, advice % {"limit": radio.hourly_seconds}


def _not_everywhere(radio: airtime.Radio) -> Verdict:
    advice = _("Messages of this length do not arrive from far places (SF%(factor)d). %(most)d bytes would.")
    values = {
        "factor": airtime.spreading_factor(radio.far_rate),
        "most": airtime.max_payload(radio.far_rate, dwell_limit=radio.dwell_limit),
    }
    return "attention", _("It fits, but not everywhere."), advice % values


def _far_note(longest: int, radio: airtime.Radio) -> str:
    most = airtime.max_payload(radio.far_rate, dwell_limit=radio.dwell_limit)
    if longest == most:
        return _("%(bytes)d bytes are the most that also arrive from far places.") % {"bytes": most}
    return _("Up to %(bytes)d bytes also arrive from far places.") % {"bytes": most}
