"""Alerts in plain words, in the active language: one line for a page, the subject of a mail, a webhook."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.telemetry.enums import AlertEnd, AlertKind, Direction
from apps.telemetry.models import AlertEpisode, AlertRule
from apps.telemetry.rules.state_words import WORDS, Code
from apps.telemetry.selectors.fields import Field

PERCENT = "%"


def amount(value: float | None, field: Field | None = None) -> str:
    """A value with its unit, rounded as its field says: ``1.52 m``, ``20%``."""
    if value is None:
        return "—"
    places = field.places if field else None
    shown = f"{value:,.{places}f}" if places is not None else f"{value:,.6g}"
    unit = field.unit if field else PERCENT
    gap = " " if unit[:1].isascii() and unit[:1].isalpha() else ""
    return f"{shown.replace('-', '−')}{gap}{unit}"


def state_label(code: str) -> str:
    """What a state of ``rules.state_words`` is called; an unknown one by its code."""
    return str(WORDS[Code(code)].label) if code in set(Code) else code


def span(minutes: int) -> str:
    """``10 minutes``, ``2 hours``, ``1 hour 30 minutes`` as its largest whole units."""
    if minutes % 1440 == 0 and minutes:
        return ngettext("%(count)d day", "%(count)d days", minutes // 1440) % {"count": minutes // 1440}
    if minutes % 60 == 0 and minutes:
        return ngettext("%(count)d hour", "%(count)d hours", minutes // 60) % {"count": minutes // 60}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def rule_sentence(rule: AlertRule, field: Field | None) -> str:
    """What ``rule`` waits for, and when an alert of it ends."""
    words = {
        "field": field.label if field else "",
        "limit": amount(rule.limit, field),
        "release": amount(rule.release if rule.release is not None else rule.limit, field),
        "span": span(rule.minutes),
        "states": _(", ").join(state_label(code) for code in rule.states),
    }
    return _sentence(rule) % words


def _sentence(rule: AlertRule) -> str:
    above = rule.direction == Direction.ABOVE
    if rule.kind == AlertKind.SILENCE:
        return _("Tells when a device has sent nothing for %(span)s. Ends with its next message.")
    if rule.kind == AlertKind.BATTERY:
        return _("Tells when a battery is below %(limit)s. Ends at %(release)s or more.")
    if rule.kind == AlertKind.STATE:
        if rule.minutes:
            return _("Tells when a device has been in one of these states for %(span)s: %(states)s.")
        return _("Tells when a device comes into one of these states: %(states)s.")
    if rule.minutes and above:
        return _("Tells when %(field)s has been above %(limit)s for %(span)s. Ends at %(release)s or less.")
    if rule.minutes:
        return _("Tells when %(field)s has been below %(limit)s for %(span)s. Ends at %(release)s or more.")
    if above:
        return _("Tells when %(field)s rises above %(limit)s. Ends at %(release)s or less.")
    return _("Tells when %(field)s falls below %(limit)s. Ends at %(release)s or more.")


def _words(episode: AlertEpisode, field: Field | None) -> dict[str, Any]:
    rule = episode.rule
    return {
        "device": episode.device.name,
        "field": field.label if field else "",
        "value": amount(episode.value, field),
        "end": amount(episode.end_value, field),
        "limit": amount(rule.limit, field),
        "span": span(rule.minutes),
        "state": state_label(episode.state),
        "time": clock.short(episode.began_at),
    }


def began_text(episode: AlertEpisode, field: Field | None) -> str:
    """How an alert began: device, field, value, unit and limit in one line."""
    rule = episode.rule
    above = rule.direction == Direction.ABOVE
    if rule.kind == AlertKind.SILENCE:
        text = _("%(device)s: no data for %(span)s")
    elif rule.kind == AlertKind.BATTERY:
        text = _("%(device)s: battery at %(value)s (below %(limit)s)")
    elif rule.kind == AlertKind.STATE:
        text = _("%(device)s: %(state)s")
    elif rule.minutes and above:
        text = _("%(device)s: %(field)s %(value)s (above %(limit)s for %(span)s)")
    elif rule.minutes:
        text = _("%(device)s: %(field)s %(value)s (below %(limit)s for %(span)s)")
    elif above:
        text = _("%(device)s: %(field)s %(value)s (above %(limit)s)")
    else:
        text = _("%(device)s: %(field)s %(value)s (below %(limit)s)")
    return text % _words(episode, field)


def ended_text(episode: AlertEpisode, field: Field | None) -> str:
    """How an alert ended, in one line."""
    if episode.end_reason != AlertEnd.BACK:
        words = {"device": episode.device.name, "reason": str(episode.get_end_reason_display())}
        return _("%(device)s: ended, %(reason)s") % words
    kind = episode.rule.kind
    if kind == AlertKind.SILENCE:
        text = _("%(device)s: data arrive again")
    elif kind == AlertKind.STATE or episode.end_value is None:
        text = _("%(device)s: back to normal")
    elif kind == AlertKind.BATTERY:
        text = _("%(device)s: battery back at %(end)s")
    else:
        text = _("%(device)s: %(field)s back at %(end)s (limit %(limit)s)")
    return text % _words(episode, field)
