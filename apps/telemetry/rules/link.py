"""How good a device's radio link is, from hourly rollups: numbers, a word of judgement, its basis."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Messages that must have been counted before a loss says anything.
FEWEST_FRAMES = 10
#: No device sends more in an hour: a wider span of the counter means that it was set back.
MOST_AN_HOUR = 3600
#: Percent of messages lost: good below the first, weak from the second on.
LOSS_GOOD, LOSS_WEAK = 5.0, 15.0
#: SNR (dB) at which LoRa is just readable, by spreading factor (Semtech's SX1276 data sheet).
FLOOR = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
#: dB above that floor: good from the first on, weak below the second.
MARGIN_GOOD, MARGIN_WEAK = 10.0, 5.0
RSSI_GOOD, RSSI_WEAK = -105, -118
BATTERY_GOOD, BATTERY_WEAK = 40, 20


class Grade(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class HourHeard:
    """The part of ``DeviceHour`` that the link is judged by; ``counted`` belongs to ``dev_addr``."""

    hour: datetime
    uplinks: int
    dev_addr: str
    low: int | None
    high: int | None
    counted: int
    rssi: int | None
    snr: float | None
    gateways: int


@dataclass(frozen=True)
class Link:
    """``expected`` and ``lost`` are frames by the frame counter; radio values are the median of the
    hours' best. ``data_rate`` is the newest uplink's; ``margin`` (dB) is how well the device hears."""

    uplinks: int
    expected: int
    lost: int
    rssi: int | None
    rssi_best: int | None
    snr: float | None
    gateways: int | None
    data_rate: int | None
    battery: float | None
    external_power: bool
    margin: int | None

    @property
    def spreading_factor(self) -> int | None:
        """SF of AS923's data rates 0 to 5; faster ones have other modulations."""
        return 12 - self.data_rate if self.data_rate is not None and self.data_rate <= 5 else None

    @property
    def loss(self) -> float | None:
        """Percent lost; None while fewer than ``FEWEST_FRAMES`` were counted."""
        return 100 * self.lost / self.expected if self.expected >= FEWEST_FRAMES else None

    @property
    def spare(self) -> float | None:
        """dB between what was heard and what could just be read."""
        factor = self.spreading_factor
        return None if self.snr is None or factor is None else self.snr - FLOOR[factor]


def link_of(
    hours: Sequence[HourHeard],
    *,
    data_rate: int | None = None,
    battery: float | None = None,
    external_power: bool = False,
    margin: int | None = None,
) -> Link:
    """The link over ``hours`` (any order, each once)."""
    expected, lost = frames_of(hours)
    rssi = [hour.rssi for hour in hours if hour.rssi is not None]
    snr = [hour.snr for hour in hours if hour.snr is not None]
    gateways = [hour.gateways for hour in hours if hour.gateways]
    return Link(
        uplinks=sum(hour.uplinks for hour in hours),
        expected=expected,
        lost=lost,
        rssi=round(statistics.median(rssi)) if rssi else None,
        rssi_best=max(rssi, default=None),
        snr=statistics.median(snr) if snr else None,
        gateways=round(statistics.median(gateways)) if gateways else None,
        data_rate=data_rate if hours else None,
        battery=battery,
        external_power=external_power,
        margin=margin,
    )


def frames_of(hours: Sequence[HourHeard]) -> tuple[int, int]:
    """(frames sent, frames lost) by the frame counter, session by session.

    Within a session (DevAddr) the counter rises by one with each message, so what is missing between
    its first and its last was lost, also over hours in which nothing came. A join gives another
    DevAddr. Where the counter falls without one, it was set back: that hour says nothing, and counting
    begins again after it.
    """
    expected = lost = 0
    run: list[HourHeard] = []
    for hour in sorted(hours, key=lambda one: one.hour):
        if hour.low is None or hour.high is None:
            continue
        if run and hour.dev_addr == run[-1].dev_addr and hour.low > (run[-1].high or 0):
            run.append(hour)
            continue
        expected, lost = _counted(run, expected, lost)
        set_back = run and hour.dev_addr == run[-1].dev_addr and hour.high > (run[-1].high or 0)
        run = [] if set_back or hour.high - hour.low > MOST_AN_HOUR else [hour]
    return _counted(run, expected, lost)


def _counted(run: Sequence[HourHeard], expected: int, lost: int) -> tuple[int, int]:
    if not run:
        return expected, lost
    span = (run[-1].high or 0) - (run[0].low or 0) + 1
    received = sum(hour.counted for hour in run)
    return expected + max(span, received), lost + max(span - received, 0)


def grade(value: float | None, good: float, weak: float) -> Grade:
    """Where ``value`` stands between ``good`` and ``weak``; whichever of the two is larger."""
    if value is None:
        return Grade.UNKNOWN
    if good > weak:
        return Grade.GOOD if value >= good else Grade.FAIR if value >= weak else Grade.WEAK
    return Grade.GOOD if value < good else Grade.FAIR if value < weak else Grade.WEAK


def loss_grade(link: Link) -> Grade:
    return grade(link.loss, LOSS_GOOD, LOSS_WEAK)


def signal_grade(link: Link) -> Grade:
    """By what is to spare above the floor of the data rate; by the strength alone where that is unknown."""
    if link.spare is not None:
        return grade(link.spare, MARGIN_GOOD, MARGIN_WEAK)
    return grade(link.rssi, RSSI_GOOD, RSSI_WEAK)


def gateways_grade(link: Link) -> Grade:
    return grade(link.gateways, 2, 1)


def battery_grade(link: Link) -> Grade:
    return Grade.GOOD if link.external_power else grade(link.battery, BATTERY_GOOD, BATTERY_WEAK)


def margin_grade(link: Link) -> Grade:
    return grade(link.margin, MARGIN_GOOD, MARGIN_WEAK)


def link_grade(link: Link) -> Grade:
    """The whole in one word: the worse of loss and signal. Too few messages may be weak, but never good."""
    loss, signal = loss_grade(link), signal_grade(link)
    if Grade.WEAK in (loss, signal):
        return Grade.WEAK
    if loss == Grade.UNKNOWN:
        return Grade.UNKNOWN
    return Grade.FAIR if Grade.FAIR in (loss, signal) else Grade.GOOD
