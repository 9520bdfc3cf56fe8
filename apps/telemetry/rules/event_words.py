"""What a device event says, in plain words; the event itself stays beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.telemetry.enums import EventKind
from apps.telemetry.rules.trouble import Trouble, trouble_of
from apps.telemetry.rules.values import is_number


@dataclass(frozen=True)
class EventWords:
    """``title`` is short; ``text`` one sentence, perhaps empty; ``tone`` of its sign: a device state."""

    title: str
    text: str = ""
    tone: str = ""


_TROUBLES: dict[Trouble, tuple[str | Promise, str | Promise]] = {
    Trouble.KEYS: (
        gettext_lazy("Turned away: the keys do not match"),
        gettext_lazy("The signature of what the device sent does not fit the key entered here."),
    ),
    Trouble.NONCE: (
        gettext_lazy("Turned away: a join number used before"),
        gettext_lazy("The device asked to join with a number (DevNonce) that it had used before."),
    ),
    Trouble.COUNTER: (
        gettext_lazy("The message counter began again"),
        gettext_lazy("The network server takes messages with an old number for repeats and drops them."),
    ),
}
#: Other codes of ChirpStack's notes: title, sentence.
_CODES: dict[str, tuple[str | Promise, str | Promise]] = {
    "UPLINK_F_CNT_RETRANSMISSION": (
        gettext_lazy("The same message again"),
        gettext_lazy("The device sent a message a second time. It counts once."),
    ),
    "UPLINK_CODEC": (
        gettext_lazy("The network server’s own codec failed"),
        gettext_lazy("The portal decodes by itself: nothing is lost by this."),
    ),
    "DOWNLINK_CODEC": (
        gettext_lazy("A downlink could not be encoded"),
        gettext_lazy("The network server could not turn the values into bytes. Nothing was sent."),
    ),
    "DOWNLINK_PAYLOAD_SIZE": (
        gettext_lazy("A downlink was too long"),
        gettext_lazy("At the device’s present data rate so many bytes do not fit. Send fewer."),
    ),
    "DOWNLINK_GATEWAY": (
        gettext_lazy("An antenna could not send a downlink"),
        gettext_lazy("The antenna refused it, for example because it was busy or too late."),
    ),
    "F_CNT_DOWN": (
        gettext_lazy("A downlink was dropped"),
        gettext_lazy("Its number was no longer valid, mostly after a new join. Send it again."),
    ),
    "EXPIRED": (
        gettext_lazy("A downlink expired"),
        gettext_lazy("The device did not ask in time. It takes downlinks after its own messages."),
    ),
    "RELAY_NEW_END_DEVICE": (gettext_lazy("A relay heard a new device"), ""),
}


def event_words(kind: str, code: str, data: Mapping[str, Any]) -> EventWords:
    """Words for an event of ``kind``; ``data`` is any JSON object."""
    make = _KINDS.get(kind)
    return make(code, data) if make else EventWords(kind)


def _log(code: str, data: Mapping[str, Any]) -> EventWords:
    text = str(data.get("description") or "")
    error = str(data.get("level")) == "ERROR"
    trouble = trouble_of(code, text)
    found = _TROUBLES[trouble] if trouble else _CODES.get(code)
    if found is None:
        return EventWords(_("A note of the network server"), text, "late" if error else "")
    return EventWords(str(found[0]), str(found[1]), "silent" if trouble else "late" if error else "")


def _join(code: str, data: Mapping[str, Any]) -> EventWords:
    return EventWords(_("Joined the network"), _("A new session began; its messages count from 0."), "ok")


def _ack(code: str, data: Mapping[str, Any]) -> EventWords:
    if data.get("acknowledged") is True:
        return EventWords(_("The device confirmed a downlink"), "", "ok")
    return EventWords(_("The device did not confirm a downlink"), "", "late")


def _txack(code: str, data: Mapping[str, Any]) -> EventWords:
    gateway = str(data.get("gatewayId") or "")
    text = _("Sent by the antenna %(gateway)s.") % {"gateway": gateway} if gateway else ""
    return EventWords(_("A downlink went out"), text)


def _status(code: str, data: Mapping[str, Any]) -> EventWords:
    parts = []
    level, margin = data.get("batteryLevel", 0), data.get("margin", 0)
    if data.get("externalPowerSource") is True:
        parts.append(_("It runs on external power."))
    elif data.get("batteryLevelUnavailable") is not True and is_number(level):
        parts.append(_("Battery %(percent)s%%.") % {"percent": f"{level:.0f}"})
    if is_number(margin):
        parts.append(_("It hears the network with %(margin)s dB to spare.") % {"margin": f"{margin:.0f}"})
    return EventWords(_("The device told how it is"), " ".join(parts))


def _location(code: str, data: Mapping[str, Any]) -> EventWords:
    return EventWords(_("A position was worked out"))


def _repeat(code: str, data: Mapping[str, Any]) -> EventWords:
    return EventWords(
        _("The same message came a second time"), _("It came under another number and counts once.")
    )


_KINDS: dict[str, Callable[[str, Mapping[str, Any]], EventWords]] = {
    EventKind.JOIN: _join,
    EventKind.ACK: _ack,
    EventKind.TXACK: _txack,
    EventKind.LOG: _log,
    EventKind.STATUS: _status,
    EventKind.LOCATION: _location,
    EventKind.REPEAT: _repeat,
}
