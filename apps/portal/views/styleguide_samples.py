"""What the styleguide shows: made-up companies, numbers and dates."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

INTERVALS = [
    ("1", gettext_lazy("Every minute")),
    ("10", gettext_lazy("Every 10 minutes")),
    ("60", gettext_lazy("Every hour")),
    ("event", gettext_lazy("Only when something happens")),
    ("", gettext_lazy("I do not know yet")),
]
THEMES = [("disaster", gettext_lazy("Disaster prevention")), ("farm", gettext_lazy("Farms and woods"))]
DISTRICTS = [("", gettext_lazy("Choose a district")), ("fuchu", "婦中町"), ("yatsuo", "八尾町")]
FORM_VALUES = {"dev_eui": "70b3d57ed006000", "phone": "076-000-0000", "devices": "12", "interval": "10"}

COLOURS = [
    ("key", "主色", "cyan-1100", "9.6"),
    ("key-pressed", "主色・濃", "cyan-1200", "12.9"),
    ("key-soft", "主色・淡", "cyan-50", "8.8"),
    ("text", "文字", "gray-900", "17.4"),
    ("text-2", "文字・2", "gray-700", "8.5"),
    ("edge", "枠", "gray-600", "5.7"),
    ("attention", "注意", "orange-1000", "8.2"),
    ("error", "誤り", "red-1000", "7.8"),
    ("good", "良い", "green-900", "8.3"),
    ("info", "案内", "light-blue-1000", "9.7"),
    ("ground-2", "面", "gray-50", "15.5"),
    ("focus", "フォーカス", "yellow-300", "12.2"),
]
RECORDS = [
    (
        "did_not",
        "用水路のごみ詰まりを、音で早く知る",
        "雨の音と区別できませんでした。録音の条件を公開しています。",
        "みずおと技研　2025年度・防災",
    ),
    (
        "worked",
        "消雪ポンプの低水位を、朝5時までに知らせる",
        "見回りが週3回から週1回になりました。",
        "北陸融雪サービス　2025年度・施設の管理",
    ),
    (
        "partly",
        "駅前駐輪場の空きを、10分ごとに知らせる",
        "晴れの日は数えられました。雪の日は反射板が隠れました。",
        "まちなか計測　2025年度・交通",
    ),
]
PLACES = [(36.741, 137.221), (36.672, 137.176), (36.712, 137.212)]


def tasks() -> list[dict[str, str]]:
    return [
        {"title": _("You and your company"), "state": "done", "url": "#tasks"},
        {"title": _("Devices and radio"), "state": "draft", "url": "#tasks", "detail": _("Saved at 10:42")},
        {"title": _("Personal information"), "state": "todo", "url": "#tasks"},
    ]


def steps() -> list[dict[str, str]]:
    return [
        {"title": _("Application"), "detail": _("Arrived on 2 December"), "state": "done"},
        {"title": _("Review"), "detail": _("Until 18 December"), "state": "current"},
        {"title": _("Result"), "detail": _("22 December (Tue)")},
    ]


def line_chart() -> dict[str, Any]:
    """A day of a water level every 10 minutes, with two hours missing."""
    start = 1_795_000_000 // 600 * 600
    times = [start + 600 * index for index in range(145)]
    values: list[float | None] = []
    for index in range(145):
        level = 0.92 + 0.62 / (1 + math.exp(-(index - 62) / 5)) - max(0, index - 76) * 0.0062
        values.append(None if 96 <= index < 112 else round(level + 0.015 * math.sin(index * 2.3), 2))
    return {
        "kind": "line",
        "unit": _("Water level (m)"),
        "x": times,
        "series": [{"label": _("Water level"), "values": values, "places": 2}],
        "gaps": [[times[95], times[112]]],
        "threshold": {"value": 1.5, "label": _("Alert level 1.5 m")},
    }


def bar_chart() -> dict[str, Any]:
    return {
        "kind": "bars",
        "unit": _("Messages a day"),
        "labels": ["15日", "16日", "17日", "18日", "19日", "20日", _("Today")],
        "series": [{"label": _("Messages"), "values": [1704, 1728, 1719, 1727, 1721, 1660, 770]}],
        "threshold": {"value": 1728, "label": _("Expected 1,728")},
    }


def map_data() -> dict[str, Any]:
    markers = [
        {
            "lat": lat,
            "lon": lon,
            "family": "outcome",
            "state": row[0],
            "number": index,
            "title": row[1],
            "url": "#map",
        }
        for index, ((lat, lon), row) in enumerate(zip(PLACES, RECORDS, strict=True), start=1)
    ]
    return {"markers": markers}


def context() -> dict[str, Any]:
    return {
        "colours": COLOURS,
        "records": [dict(zip(("outcome", "title", "text", "by"), row, strict=True)) for row in RECORDS],
        "tasks": tasks(),
        "steps": steps(),
        "line_chart": line_chart(),
        "bar_chart": bar_chart(),
        "map_data": map_data(),
        "views": [
            {"label": _("24 hours"), "url": "#chart", "current": True},
            {"label": _("7 days"), "url": "#chart"},
            {"label": _("30 days"), "url": "#chart"},
        ],
    }
