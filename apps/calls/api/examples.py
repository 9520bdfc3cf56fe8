"""Examples of the schema; the call is a sample."""

from __future__ import annotations

from typing import Any

from apps.core.api import example

_ROW: dict[str, Any] = {
    "code": "2026",
    "fiscal_year": 2026,
    "title": "2026年度 センサーネットワーク実証公募（見本）",
    "title_en": "Sensor network trials 2026 (sample)",
    "summary": "市のLoRaWANを無料で使い、地域の困りごとに取り組む実証を募集します。",
    "summary_en": "Trials that use the city’s LoRaWAN free of charge.",
    "phase": "open",
    "opens_at": "2026-11-02T09:00:00+09:00",
    "closes_at": "2026-12-03T17:15:00+09:00",
    "decision_on": "2026-12-20",
    "trial_from": "2027-01-05",
    "trial_until": "2027-03-31",
    "url": "https://machitry.example/calls/2026/",
}
_WHOLE: dict[str, Any] = {
    **_ROW,
    "lent": "市のネットワーク、データの受け取り口、設置場所の相談",
    "lent_en": "The city’s network, access to the data, help with places",
    "eligible": "市内で実証を行う法人、個人事業主、大学など",
    "eligible_en": "Companies, sole proprietors and universities that try something in the city",
    "conditions": "結果は、うまくいかなかったものも公表します。",
    "conditions_en": "Results are published, also those that did not work.",
    "device_quota": 20,
    "message_quota": 5000,
    "published_at": "2026-10-20T10:00:00+09:00",
    "results_published_at": None,
}

example("calls_list", "A call", response=_ROW)
example("calls_retrieve", "A call", response=_WHOLE, parameters={"code": "2026"})
