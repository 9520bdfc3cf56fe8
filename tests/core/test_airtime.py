"""Airtime beside figures worked out by hand and by Semtech's calculator."""

from __future__ import annotations

import pytest

from apps.core.airtime import (
    airtime_an_hour,
    max_payload,
    messages_a_day,
    slowest_rate,
    spreading_factor,
    time_on_air,
)


@pytest.mark.parametrize(
    ("payload", "rate", "milliseconds"),
    [
        # 13 bytes of frame; SF7: 12.25 + 8 + 5·⌈(8·26−28+44)/28⌉ = 60.25 symbols of 1.024 ms
        (13, 5, 61.696),
        # SF10: 12.25 + 8 + 5·⌈(8·24−40+44)/40⌉ = 45.25 symbols of 8.192 ms
        (11, 2, 370.688),
        # SF12 with the low data rate: 12.25 + 8 + 5·⌈(8·24−48+44)/40⌉ = 45.25 symbols of 32.768 ms
        (11, 0, 1482.752),
        (51, 0, 2793.472),
        (0, 5, 46.336),
    ],
)
def test_time_on_air(payload: int, rate: int, milliseconds: float) -> None:
    assert time_on_air(payload, rate) * 1000 == pytest.approx(milliseconds)


def test_longer_and_slower_takes_longer() -> None:
    for rate in range(6):
        times = [time_on_air(size, rate) for size in range(243)]
        assert times == sorted(times)
    for size in (0, 11, 51, 242):
        times = [time_on_air(size, rate) for rate in range(6)]
        assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("payload", "limited", "free"),
    [(1, 2, 0), (11, 2, 0), (12, 3, 0), (51, 3, 0), (52, 3, 3), (53, 3, 3), (54, 4, 3), (126, 4, 4)]
    + [(127, 5, 4), (222, 5, 4), (223, 5, None), (242, 5, None), (243, None, None)],
)
def test_the_slowest_rate_that_carries_a_payload(payload: int, limited: int | None, free: int | None) -> None:
    assert slowest_rate(payload, dwell_limit=True) == limited
    assert slowest_rate(payload, dwell_limit=False) == free


def test_small_figures() -> None:
    assert [spreading_factor(rate) for rate in range(6)] == [12, 11, 10, 9, 8, 7]
    assert [max_payload(rate, dwell_limit=True) for rate in range(6)] == [0, 0, 11, 53, 126, 242]
    assert messages_a_day(600) == 144
    assert airtime_an_hour(11, 2, 600) == pytest.approx(6 * 0.370688)
