"""What the network says to sensors, in words a person can act on."""

from __future__ import annotations

from typing import Any

import pytest

from apps.calls.rules.radio import radio_answer
from apps.calls.rules.sensors import device_count, messages_a_day, sensor, whole
from apps.core.airtime import Radio
from tests.factories.calls import SENSOR

RADIO = Radio()


def says(*changes: dict[str, Any], guide: int = 5000, radio: Radio = RADIO) -> Any:
    return radio_answer([{**SENSOR, **change} for change in changes], radio=radio, message_guide=guide)


def test_the_worked_example() -> None:
    """12 devices, 11 bytes every ten minutes: 1,728 messages, 0.37 s at SF10, 2.2 s in an hour, 35 %."""
    answer = says({})
    assert (answer.tone, answer.messages, answer.devices, answer.factor) == ("good", 1728, 12, 10)
    assert answer.airtime == pytest.approx(0.3707, abs=1e-4)
    assert answer.hourly == pytest.approx(2.224, abs=1e-3)
    assert answer.share == 35
    assert "無理なく収まります" in answer.sentence
    assert "11バイト" in answer.note


@pytest.mark.parametrize(
    ("change", "tone", "word"),
    [
        ({"payload_bytes": 12}, "attention", "届かない場所"),
        ({"payload_bytes": 243}, "error", "長すぎて"),
        ({"interval_s": 60, "count": 4}, "attention", "目安を超えて"),
        ({"interval_s": None}, "good", "収まります"),
        ({"interval_s": 0}, "unknown", "わかります"),
        ({"payload_bytes": None}, "unknown", "わかります"),
        ({"count": "たくさん"}, "unknown", "わかります"),
        ({"payload_bytes": "x", "count": None}, "unknown", "わかります"),
        ({"payload_bytes": 999_999}, "error", "長すぎて"),
    ],
)
def test_each_verdict(change: dict[str, Any], tone: str, word: str) -> None:
    answer = says(change)
    assert answer.tone == tone
    assert word in answer.sentence


def test_the_city_s_settings_count() -> None:
    assert says({"payload_bytes": 51}, radio=Radio(dwell_limit=False, far_rate=0)).tone == "good"
    tight = says({"interval_s": 60, "count": 1}, radio=Radio(hourly_seconds=10))
    assert (tight.tone, tight.hourly_limit) == ("error", 10)
    assert "10秒" in tight.note


def test_several_kinds_are_added_up() -> None:
    rows = [SENSOR, {**SENSOR, "count": 3, "interval_s": 3600}, {**SENSOR, "count": 2, "interval_s": None}]
    assert (device_count(rows), messages_a_day(rows)) == (17, 1728 + 72)
    assert messages_a_day([]) is None
    assert device_count([]) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("１２", 12), ("1,728", 1728), ("", None), ("  ", None), ("十二", "十二"), ("-3", "-3"), ("1.5", "1.5")],
)
def test_numbers_as_people_type_them(typed: str, kept: Any) -> None:
    assert whole(typed) == kept
    assert sensor("計", typed, "600", "11")["count"] == kept
