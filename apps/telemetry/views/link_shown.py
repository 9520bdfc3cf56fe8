"""The link of a device as rows of its page: what was measured, a word of judgement, what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.telemetry.rules.link import (
    FEWEST_FRAMES,
    Grade,
    Link,
    battery_grade,
    gateways_grade,
    link_grade,
    loss_grade,
    margin_grade,
    signal_grade,
)
from apps.telemetry.rules.rhythm import Rhythm
from apps.telemetry.rules.states import span_text

#: Hours that can be chosen.
LINK_RANGES = (24, 168)
#: The sign of each grade: a device state of the components.
SIGNS = {Grade.GOOD: "ok", Grade.FAIR: "late", Grade.WEAK: "silent", Grade.UNKNOWN: "never"}


@dataclass(frozen=True)
class LinkRow:
    """``value`` with its unit; ``advice`` says what could help, where anything could."""

    label: str
    value: str
    grade: Grade
    word: str
    basis: str
    advice: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.grade]


def grade_word(grade: Grade) -> str:
    return {
        Grade.GOOD: pgettext("link", "Good"),
        Grade.FAIR: pgettext("link", "Fair"),
        Grade.WEAK: pgettext("link", "Weak"),
        Grade.UNKNOWN: pgettext("link", "Too little to say"),
    }[grade]


def link_sentence(link: Link) -> str:
    """The whole in one or two sentences."""
    return {
        Grade.GOOD: _("The device reaches the network well."),
        Grade.FAIR: _("The device reaches the network, with little to spare."),
        Grade.WEAK: _(
            "The device reaches the network badly. A higher place for the antenna, or one with a freer "
            "view, helps most."
        ),
        Grade.UNKNOWN: _("Too little has arrived in this time to judge the radio link."),
    }[link_grade(link)]


def link_rows(link: Link, rhythm: Rhythm) -> list[LinkRow]:
    """What is known of the link, one row each; what the device never told is left out."""
    makers: list[Callable[[Link], LinkRow | None]] = [_loss, _signal, _gateways, _battery, _margin]
    return [*(row for make in makers if (row := make(link)) is not None), _rhythm(rhythm)]


def _row(label: str, value: str, grade: Grade, basis: str, advice: str = "") -> LinkRow:
    return LinkRow(label, value, grade, grade_word(grade), basis, advice if grade == Grade.WEAK else "")


def _loss(link: Link) -> LinkRow:
    words: dict[str, Any] = {"expected": link.expected, "arrived": link.expected - link.lost}
    if link.loss is None:
        few = {**words, "fewest": FEWEST_FRAMES}
        basis = ngettext(
            "So far %(expected)s message was counted; from %(fewest)s on it says something.",
            "So far %(expected)s messages were counted; from %(fewest)s on it says something.",
            link.expected,
        )
        return _row(_("Lost on the way"), "—", Grade.UNKNOWN, basis % few)
    basis = _("By the device’s own numbering %(arrived)s of %(expected)s arrived.") % words
    advice = _("Try a higher place for the antenna, or turn it upright.")
    return _row(_("Lost on the way"), f"{link.loss:.1f} %", loss_grade(link), basis, advice)


def _signal(link: Link) -> LinkRow:
    if link.rssi is None:
        return _row(_("Signal"), "—", Grade.UNKNOWN, _("Nothing was heard in this time."))
    shown = f"{link.rssi} dBm".replace("-", "−")
    factor = link.spreading_factor
    if link.spare is None or link.snr is None:
        return _row(_("Signal"), shown, signal_grade(link), _("By its strength."))
    words = {
        "snr": f"{link.snr:.1f}".replace("-", "−"),
        "spare": f"{link.spare:.1f}",
        "sf": factor,
        "dr": link.data_rate,
    }
    basis = _("SNR %(snr)s dB: %(spare)s dB more than SF%(sf)s (DR%(dr)s) needs.") % words
    advice = _("Weak: try a higher place for the antenna, away from metal and concrete.")
    return _row(_("Signal"), shown, signal_grade(link), basis, advice)


def _gateways(link: Link) -> LinkRow | None:
    if link.gateways is None:
        return None
    value = ngettext("%(count)d antenna", "%(count)d antennas", link.gateways) % {"count": link.gateways}
    basis = (
        _("Only one hears it: while that one is out of order, nothing arrives.")
        if link.gateways == 1
        else _("If one fails, another still hears it.")
    )
    return _row(_("Heard by"), value, gateways_grade(link), basis)


def _battery(link: Link) -> LinkRow | None:
    if link.external_power:
        return _row(_("Power"), _("external"), Grade.GOOD, _("The device says so itself."))
    if link.battery is None:
        return None
    row = _row(
        _("Battery"),
        f"{link.battery:.0f} %",
        battery_grade(link),
        _("As the device last told."),
        _("Change or charge it before it stops."),
    )
    word = {Grade.FAIR: pgettext("battery", "Getting low"), Grade.WEAK: pgettext("battery", "Low")}
    return replace(row, word=word.get(row.grade, row.word))


def _margin(link: Link) -> LinkRow | None:
    if link.margin is None:
        return None
    basis = _("So much stronger than needed the device hears the network. Downlinks depend on it.")
    advice = _("Downlinks may not reach it. Try a higher place for the antenna.")
    return _row(
        _("Hears the network"), f"{link.margin} dB".replace("-", "−"), margin_grade(link), basis, advice
    )


def _rhythm(rhythm: Rhythm) -> LinkRow:
    words = {"count": rhythm.gaps, "silent": span_text(rhythm.silent_after.total_seconds())}
    basis = (
        _("Learnt from its last %(count)s intervals. It counts as not arriving after %(silent)s.") % words
        if rhythm.gaps
        else _("As registered, until enough has arrived. It counts as not arriving after %(silent)s.") % words
    )
    value = _("every %(interval)s") % {"interval": span_text(rhythm.interval)}
    return LinkRow(_("Sends"), value, Grade.GOOD, "", basis)
