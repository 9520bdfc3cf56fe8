"""What an export of telemetry's is called, and the columns every one of its files has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.core import clock

UPLINKS, EVENTS, HOURS = "telemetry.uplinks", "telemetry.events", "telemetry.hours"
LABELS = {
    UPLINKS: gettext_lazy("Messages received"),
    EVENTS: gettext_lazy("Device events"),
    HOURS: gettext_lazy("Hourly values"),
}
#: What stands in each kind of file beside the decoded fields.
BEFORE = ("time", "device", "dev_eui")
AFTER = ("rssi_dbm", "snr_db", "dr", "f_cnt", "f_port", "state")
RAW = (
    "time", "device", "dev_eui", "received_at", "dev_addr", "f_cnt", "f_port", "dr", "frequency_hz",
    "rssi_dbm", "snr_db", "gateways", "state", "data_hex", "rx",
)  # fmt: skip
EVENT = ("time", "device", "dev_eui", "received_at", "kind", "level", "code", "data")
HOUR = ("time", "device", "dev_eui", "field", "count", "min", "mean", "max", "last")


def column_of(field: str) -> str:
    """The column of a decoded field; one that is called like a column of ours gets another name."""
    return f"values.{field}" if field in (*BEFORE, *AFTER, "values") else field


def title_of(kind: str, params: Any) -> str:
    """``Messages received: 2026-015 用水路の水位 (WL-09)``"""
    label = _("Raw messages") if kind == UPLINKS and params.get("content") == "raw" else LABELS[kind]
    english = params.get("_trial_title_en") if get_language() == "en" else ""
    where = f"{params['trial']} {english or params['trial_title']}"
    words = _("%(what)s: %(where)s")
    title = words % {"what": label, "where": where}
    if not params.get("device_name"):
        return title
    return _("%(title)s (%(device)s)") % {"title": title, "device": params["device_name"]}


def range_of(params: Any) -> str:
    """From when until when, in Japan's time, and which fields."""
    until = _moment(params["until"])
    if params.get("since"):
        words = _("%(since)s to %(until)s") % {"since": _moment(params["since"]), "until": until}
    else:
        words = _("Everything until %(until)s") % {"until": until}
    if params.get("fields"):
        fields = ", ".join(params["fields"])
        words = _("%(range)s, only %(fields)s") % {"range": words, "fields": fields}
    return words


def _moment(text: str) -> str:
    return date_format(datetime.fromisoformat(text).astimezone(clock.TOKYO), "DATETIME_FORMAT")


def stem_of(kind: str, params: Any) -> str:
    """How the file's name begins: number, title, device, what."""
    label = _("raw") if kind == UPLINKS and params.get("content") == "raw" else str(LABELS[kind])
    parts = [params["trial"], params["trial_title"][:40], params.get("device_name", ""), label]
    return "-".join(part for part in parts if part)
