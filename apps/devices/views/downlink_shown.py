"""Downlinks in the words of their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.core.airtime import max_payload
from apps.core.site import site_settings
from apps.devices.enums import DownlinkReason, DownlinkState
from apps.devices.models import Downlink
from apps.devices.rules.downlinks import spaced
from apps.devices.selectors.downlinks import Listening, is_waiting


@dataclass(frozen=True)
class Shown:
    """A row of the list: what was sent, how far it is, whether it can be taken back."""

    downlink: Downlink
    made: str
    what: str
    bytes: str
    state: str
    detail: str
    may_cancel: bool


def rows_of(downlinks: Sequence[Downlink], now: datetime) -> list[Shown]:
    return [row_of(row, now) for row in downlinks]


def row_of(row: Downlink, now: datetime) -> Shown:
    state = row.state_at(now)
    return Shown(
        downlink=row,
        made=clock.short(row.created_at, now),
        what=orjson.dumps(row.source).decode() if row.source is not None else "",
        bytes=spaced(bytes(row.data)),
        state=state.value,
        detail=detail_of(row, state, now),
        may_cancel=state == DownlinkState.QUEUED,
    )


def any_waiting(downlinks: Sequence[Downlink], now: datetime) -> bool:
    return any(is_waiting(row, now) for row in downlinks)


def detail_of(row: Downlink, state: DownlinkState, now: datetime) -> str:
    """One sentence: what happens next, or why nothing does."""
    if state == DownlinkState.QUEUED:
        return _queued(row, now)
    if state == DownlinkState.HANDED:
        if row.reason == DownlinkReason.GATEWAY:
            return _("The antenna could not send it. The server tries again.")
        return _("The network server has it and sends it when the device listens.")
    if state == DownlinkState.SENT:
        at = {"at": clock.short(row.sent_at or row.updated_at, now)}
        if row.confirmed:
            return _("On the air at %(at)s. The answer comes with the next uplink.") % at
        return _("On the air at %(at)s. No answer was asked for.") % at
    if state == DownlinkState.ACKNOWLEDGED:
        at = {"at": clock.short(row.acknowledged_at or row.updated_at, now)}
        return _("The device answered at %(at)s.") % at
    return _ends(row, state)


def _queued(row: Downlink, now: datetime) -> str:
    reasons = {
        DownlinkReason.AWAY.value: _("The network server does not answer."),
        DownlinkReason.NOT_THERE.value: _("The device is not on the network server yet."),
        DownlinkReason.PAUSED.value: _("The device or its trial is paused."),
    }
    if row.reason not in reasons:
        return _("It goes to the network server in a moment.")
    if row.next_try_at is None:
        return reasons[row.reason]
    again = _("Next attempt at %(at)s.") % {"at": clock.short(row.next_try_at, now)}
    return f"{reasons[row.reason]} {again}"


def _ends(row: Downlink, state: DownlinkState) -> str:
    if state == DownlinkState.UNANSWERED:
        return _("It was sent, but the device did not answer. Look at its signal, then send it again.")
    if state == DownlinkState.EXPIRED:
        return _("The device did not listen in time. Nothing was sent.")
    if state == DownlinkState.CANCELLED:
        return _("Taken back before it left.")
    return {
        DownlinkReason.OVER.value: _("The trial is over or the device was retired."),
        DownlinkReason.TOO_LONG.value: _("Too long for the device’s data rate. Send fewer bytes."),
        DownlinkReason.COUNTER.value: _("The frame counter did not fit. Send it again."),
    }.get(row.reason, _("The network server refused it: %(words)s") % {"words": row.fault})


def listening_text(listening: Listening, now: datetime) -> str:
    """When the device takes what is sent to it, in plain words."""
    if listening.always:
        return _("This device listens all the time: it takes a downlink within seconds.")
    minutes = max(1, round(listening.interval_s / 60))
    every = ngettext("usually every minute", "usually every %(minutes)d minutes", minutes) % {
        "minutes": minutes
    }
    if listening.heard_at is None:
        return _(
            "The device listens only just after it has sent something. It has not been heard yet; %(every)s."
        ) % {"every": every}
    return _("The device listens only just after it has sent something. Last heard %(at)s, %(every)s.") % {
        "at": clock.short(listening.heard_at, now),
        "every": every,
    }


def too_long(size: int, listening: Listening) -> int | None:
    """The most bytes that fit at the data rate last heard, if ``size`` does not; else None."""
    if listening.data_rate is None or not 0 <= listening.data_rate <= 5:
        return None
    most = max_payload(listening.data_rate, dwell_limit=site_settings().radio_dwell_limit)
    return most if size > most else None
