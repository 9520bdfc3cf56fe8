"""Rules and alerts in the words and shapes of their pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.enums import AlertKind
from apps.telemetry.models import AlertEpisode, AlertRule
from apps.telemetry.rules.states import span_text
from apps.telemetry.selectors.alert_past import STRETCHES, PastAlert, Tried, bars_of
from apps.telemetry.selectors.alert_words import (
    amount,
    began_text,
    ended_text,
    rule_sentence,
    state_label,
)
from apps.telemetry.selectors.alerts import devices_of_rule, field_of
from apps.telemetry.selectors.fields import Field


def kind_rows() -> list[dict[str, str]]:
    """The kinds to choose from, each with an example."""
    examples = {
        AlertKind.THRESHOLD: _("For example: the water is above 1.5 m for 10 minutes."),
        AlertKind.SILENCE: _("For example: a device has sent nothing for an hour."),
        AlertKind.BATTERY: _("For example: less than a fifth is left."),
        AlertKind.STATE: _("For example: what a device sends can no longer be decoded."),
    }
    return [{"kind": str(kind), "label": str(kind.label), "example": examples[kind]} for kind in AlertKind]


def tied(text: str) -> str:
    """``text`` for a page: a line never ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=[A-Za-z])", "\N{NO-BREAK SPACE}", text)


def field_of_rule(rule: AlertRule, devices: Iterable[Device]) -> Field | None:
    return field_of(devices, rule.field) if rule.kind == AlertKind.THRESHOLD else None


def rule_rows(rules: Iterable[AlertRule], devices: Sequence[Device]) -> list[dict[str, Any]]:
    """Rules with ``chosen``, ``open`` and ``all`` counted, for the table. No query."""
    return [
        {"rule": rule, "sentence": tied(rule_sentence(rule, field_of_rule(rule, devices))), **_count(rule)}
        for rule in rules
    ]


def _count(rule: Any) -> dict[str, Any]:
    if rule.chosen:
        devices = ngettext("%(count)d device", "%(count)d devices", rule.chosen) % {"count": rule.chosen}
    else:
        devices = _("All devices")
    return {"devices": devices, "open": rule.open, "all": rule.all}


def episode_rows(episodes: Iterable[AlertEpisode]) -> list[dict[str, Any]]:
    """Alerts for a list: one line of words, when it began, how long it took. No query."""
    now = clock.now()
    return [
        {
            "episode": episode,
            "text": tied(began_text(episode, _field(episode))),
            "began": clock.short(episode.began_at, now),
            "lasted": span_text(((episode.ended_at or now) - episode.began_at).total_seconds()),
        }
        for episode in episodes
    ]


def _field(episode: AlertEpisode) -> Field | None:
    return field_of_rule(episode.rule, [episode.device])


def episode_facts(episode: AlertEpisode) -> dict[str, Any]:
    """What the page of one alert says."""
    field, rule = _field(episode), episode.rule
    valued = rule.kind in (AlertKind.THRESHOLD, AlertKind.BATTERY)
    (row,) = episode_rows([episode])
    return {
        "text": row["text"],
        "lasted": row["lasted"],
        "end_text": tied(ended_text(episode, field)) if episode.ended_at else "",
        "sentence": tied(rule_sentence(rule, field)),
        "value": amount(episode.value, field) if valued else "",
        "worst": amount(episode.worst, field) if valued else "",
        "end_value": amount(episode.end_value, field) if valued and episode.ended_at else "",
    }


def rule_facts(rule: AlertRule) -> dict[str, Any]:
    """What the page of a rule says of it. Three queries."""
    devices = devices_of_rule(rule)
    chosen = rule.devices.count()
    return {
        "sentence": tied(rule_sentence(rule, field_of_rule(rule, devices))),
        "devices": devices,
        "all_devices": not chosen,
        "people": list(rule.people.order_by("name", "email")),
        "open_alerts": rule.episodes.filter(ended_at=None).count(),
    }


def stretch_items(days: int | None) -> list[dict[str, Any]]:
    """Stretches of the past to try a rule on."""
    return [{"days": item, "label": _stretch(item), "current": item == days} for item in STRETCHES]


def _stretch(days: int) -> str:
    return _("24 hours") if days == 1 else ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def tried_of(tried: Tried, rule: AlertRule, days: int | None) -> dict[str, Any]:
    """The outcome of a try, for the page."""
    count = len(tried.alerts)
    devices = len({alert.device.pk for alert in tried.alerts})
    field = field_of_rule(rule, [alert.device for alert in tried.alerts[:1]])
    words = {"count": count, "devices": devices, "stretch": _stretch(days or 1)}
    if count:
        text = ngettext(
            "In the last %(stretch)s this rule would have told of %(count)d alert (devices: %(devices)d).",
            "In the last %(stretch)s this rule would have told of %(count)d alerts (devices: %(devices)d).",
            count,
        )
    else:
        text = _("In the last %(stretch)s this rule would have told of nothing.")
    return {
        "tried": tried,
        "sentence": text % words,
        "since": date_format(tried.since.astimezone(clock.TOKYO), "SHORT_DATETIME_FORMAT"),
        "rows": [_past_row(alert, tried, field) for alert in tried.listed],
        "more": count - len(tried.listed),
        "chart": bars_of(tried, _("Alerts")) if count else None,
    }


def _past_row(alert: PastAlert, tried: Tried, field: Field | None) -> dict[str, Any]:
    end = alert.ended_at or tried.until
    return {
        "device": alert.device,
        "began": alert.began_at,
        "earlier": alert.began_at < tried.since,
        "ended": alert.ended_at,
        "lasted": span_text((end - alert.began_at).total_seconds()),
        "value": _past_value(alert, field),
    }


def _past_value(alert: PastAlert, field: Field | None) -> str:
    if alert.state:
        return state_label(alert.state)
    return amount(alert.value, field) if alert.value is not None else ""
