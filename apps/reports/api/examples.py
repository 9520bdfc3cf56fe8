"""Examples of the schema; the trial is a sample."""

from __future__ import annotations

from typing import Any

from apps.core.api import example

_ROW: dict[str, Any] = {
    "code": "2025-003",
    "fiscal_year": 2025,
    "title": "用水路の水位を離れて見る（見本）",
    "title_en": "Water levels from afar (sample)",
    "organization": "株式会社みずおと技研",
    "outcome": "partly",
    "summary": "水位は届きましたが、草に覆われた1か所では読み違えが続きました。",
    "places": [{"name": "井田川 放水口", "latitude": 36.7042, "longitude": 137.2188, "mesh": "55370147"}],
    "published_at": "2026-04-10T10:00:00+09:00",
    "updated_at": "2026-04-10T10:00:00+09:00",
}
_WHOLE: dict[str, Any] = {
    **_ROW,
    "starts_on": "2025-10-01",
    "ends_on": "2026-03-31",
    "hypothesis": "水位が離れて分かれば、見回りは半分になる。",
    "measured": "2か所の水位を10分ごとに測った。見回りは週6回から4回になった。",
    "did_not_work": ["草が伸びると超音波が草に当たった。"],
    "learned": ["設置の前に、夏の草の高さを見ておく。"],
    "next_step": "圧力式の水位計で試す。",
}

example("reports_list", "A record", response=_ROW)
example("reports_retrieve", "A record", response=_WHOLE, parameters={"code": "2025-003"})
