"""Series: which interval, what stands in a point, where the line breaks; days fold exactly from hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from apps.core import clock
from apps.core.errors import InvalidInput
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.folding import hours_fold
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.domain.rewriting import hours_rebuild
from apps.telemetry.models import DeviceHour, DeviceMonth, Uplink
from apps.telemetry.rules.rhythm import Rhythm
from apps.telemetry.rules.series import (
    Interval,
    Span,
    breaks,
    bucket_next,
    bucket_start,
    ends_of,
    interval_for,
    merged,
    whole_hours,
    zone_of,
)
from apps.telemetry.selectors.series import series_of
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.series import hours_add, uplinks_add
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db

TOKYO, BERLIN, DELHI = clock.TOKYO, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
#: Midnight in Japan.
START = datetime(2026, 10, 1, tzinfo=TOKYO).astimezone(UTC)
NOW = START + timedelta(days=40, hours=9)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def device(cast: Cast) -> Device:
    model = CodecVersionFactory.create().model
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), model=model)


def asked(device: Device, days: float = 40, **more: Any) -> Any:
    span = Span(START, START + timedelta(days=days), more.pop("zone", TOKYO))
    answer = series_of(devices=[device], span=span, now=more.pop("now", NOW), **more)
    return answer, answer.devices[0]


@pytest.mark.parametrize(
    ("length", "usual", "interval"),
    [
        (DAY, 600, Interval.RAW),
        (7 * DAY, 600, Interval.RAW),
        (DAY, 10, Interval.HOUR),
        (30 * DAY, 600, Interval.HOUR),
        (365 * DAY, 600, Interval.DAY),
        (365 * DAY, 86400, Interval.RAW),
        (1500 * HOUR, 60, Interval.DAY),
    ],
)
def test_the_interval_keeps_a_series_small(length: timedelta, usual: float, interval: Interval) -> None:
    assert interval_for(length, usual) == interval


def test_days_of_a_zone_with_summer_time() -> None:
    """The day on which the clocks go back has 25 hours."""
    start = bucket_start(datetime(2026, 10, 25, 12, tzinfo=UTC), Interval.DAY, BERLIN)
    assert start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert bucket_next(start, Interval.DAY, BERLIN) - start == 25 * HOUR


@pytest.mark.parametrize(("zone", "whole"), [(TOKYO, True), (BERLIN, True), (DELHI, False)])
def test_which_zones_have_days_of_whole_hours(zone: ZoneInfo, whole: bool) -> None:
    assert whole_hours(Span(START, NOW, zone)) is whole


@pytest.mark.parametrize("name", ["Asia/Toyama", "", "../etc/passwd", "JST-9", "asia/tokyo\x00"])
def test_what_is_no_time_zone(name: str) -> None:
    assert zone_of(name) is None


def test_two_buckets_as_one() -> None:
    assert merged([2, 1.0, 3.0, 4.0, 3.0], [1, 0.5, 0.5, 0.5, 0.5]) == [3, 0.5, 3.0, 4.5, 0.5]


def test_a_break_is_longer_than_patience_and_the_silence_until_now_is_one() -> None:
    starts = [START, START + HOUR, START + 5 * HOUR]
    ends = ends_of(starts, Interval.HOUR, TOKYO)
    found = breaks(starts, ends, START + 9 * HOUR, timedelta(minutes=40))
    assert found == [(START + 2 * HOUR, START + 5 * HOUR), (START + 6 * HOUR, START + 9 * HOUR)]


def test_a_day_of_single_values(device: Device) -> None:
    uplinks_add(
        device, [(START + timedelta(minutes=10 * n), {"level": n / 10, "word": "a"}) for n in range(6)]
    )
    uplinks_add(device, [(START + timedelta(hours=3, minutes=10 * n), {"level": 1}) for n in range(6)])
    answer, one = asked(device, days=1, now=START + timedelta(hours=3, minutes=55))
    assert answer.interval == Interval.RAW
    assert [field.field.name for field in one.fields] == ["level"]
    assert one.fields[0].mean == [0, 0.1, 0.2, 0.3, 0.4, 0.5, None, 1, 1, 1, 1, 1, 1]
    assert one.fields[0].count == [1] * 6 + [None] + [1] * 6
    assert one.gaps == [(START + timedelta(minutes=50), START + timedelta(hours=3))]
    assert one.numbers == 12


def test_a_device_that_sends_seldom_has_no_gaps_by_that(device: Device) -> None:
    uplinks_add(device, [(START + timedelta(hours=3 * n), {"level": n}) for n in range(8)])
    _answer, one = asked(device, days=1, now=START + DAY)
    assert one.gaps == []
    assert len(one.times) == 8


def test_more_single_values_than_foretold_become_hours_and_are_never_thinned(device: Device) -> None:
    uplinks_add(device, [(START + timedelta(seconds=20 * n), {"level": 1}) for n in range(1501)])
    hours_add(device, START, [{"level": [180, 1, 1, 180, 1]}] * 9)
    device.uplink_interval = 600
    span = Span(START, START + DAY, TOKYO)
    rhythms = {device.pk: Rhythm(600.0)}
    answer = series_of(devices=[device], span=span, rhythms=rhythms, now=START + DAY)
    assert answer.interval == Interval.HOUR
    assert answer.devices[0].fields[0].count[:9] == [180] * 9
    with pytest.raises(InvalidInput) as refused:
        asked(device, days=1, interval=Interval.RAW)
    assert list(refused.value.fields) == ["interval"]


def test_where_single_values_are_no_longer_kept_hours_are_shown(device: Device) -> None:
    hours_add(device, START, [{"level": [6, 1, 1, 6, 1]}] * 3)
    answer, one = asked(device, days=1)
    assert (answer.interval, one.numbers) == (Interval.HOUR, 3)
    answer = series_of(devices=[device], span=Span(START - 9 * DAY, START - 8 * DAY, TOKYO), now=NOW)
    assert (answer.interval, answer.devices[0].times) == (Interval.RAW, [])


def test_hours_of_a_month(device: Device) -> None:
    hours_add(device, START, [{"level": [6, n, n + 2, 6 * n + 6, n + 1]} for n in range(30)])
    answer, one = asked(device, days=30)
    (level,) = one.fields
    assert answer.interval == Interval.HOUR
    assert (level.low[2], level.mean[2], level.high[2], level.count[2]) == (2, 3, 4, 6)
    # After the last hour nothing came: a gap until the end of the range.
    assert one.gaps == [(START + 30 * HOUR, START + 30 * DAY)]
    assert level.mean[-1] is None


def days_of(one: Any) -> list[tuple[date, Any, Any, Any, Any]]:
    level = one.fields[0]
    rows = zip(one.times, level.count, level.low, level.mean, level.high, strict=True)
    return [(row[0].astimezone(TOKYO).date(), *row[1:]) for row in rows if row[1]]


def test_days_are_the_same_open_folded_and_after_late_data(device: Device) -> None:
    """What is folded, what is not yet, and both mixed: the same answer at any time."""
    hours_add(device, START, [{"level": [2, n % 7, n % 7 + 1, 2 * (n % 7) + 1, 1]} for n in range(24 * 39)])
    ask: Callable[[], Any] = lambda: days_of(asked(device, days=40, interval=Interval.DAY)[1])  # noqa: E731
    before = ask()
    assert len(before) == 39
    assert before[0] == (date(2026, 10, 1), 48, 0, 3.25, 7)
    assert hours_fold(now=NOW) == 24 * 39
    assert hours_fold(now=NOW) == 0
    assert ask() == before
    # Late data for one hour of a folded day, as the ingest writes it: that day is open again.
    hour = DeviceHour.objects.get(device_id=device.pk, hour=START + 5 * DAY)
    hour.fields, hour.folded = {"level": [1, 99, 99, 99, 99]}, False
    hour.save()
    late = ask()
    assert [row for row, old in zip(late, before, strict=True) if row != old] == [late[5]]
    assert late[5][4] == 99
    assert hours_fold(now=NOW) == 1
    assert ask() == late


def test_today_is_never_folded(device: Device) -> None:
    hours_add(device, NOW.replace(minute=0), [{"level": [1, 1, 1, 1, 1]}])
    assert hours_fold(now=NOW) == 0
    assert not DeviceMonth.objects.exists()
    assert len(asked(device, days=41, interval=Interval.DAY)[1].times) == 1


def test_what_the_ingest_and_decoding_again_write_is_open(device: Device) -> None:
    partitions.forget()
    at = clock.now().replace(minute=5, second=0, microsecond=0) - 3 * DAY

    def send(*levels: int) -> None:
        with CodecRunner() as runner:
            store_batch(
                messages=[
                    Incoming(
                        topic_of(device), encoded(uplink_event(device, data=bytes([n]), time=at)), clock.now()
                    )
                    for n in levels
                ],
                runner=runner,
            )

    def day() -> Any:
        span = Span(at - DAY, at + DAY, TOKYO)
        return series_of(devices=[device], span=span, interval=Interval.DAY).devices[0].fields[0]

    send(100)
    assert hours_fold() == 1
    send(120, 140)
    assert DeviceHour.objects.get().folded is False
    assert day().count == [3, None]
    hours_fold()
    Uplink.objects.update(values={"level": 7.5})
    with connection.cursor() as cursor:
        devices_lock(cursor=cursor, devices=[device.pk])
        key = (device.organization_id, device.pk, at.replace(minute=0))
        hours_rebuild(cursor=cursor, keys=[key])
    assert day().high == [7.5, None]
    hours_fold()
    assert day().high == [7.5, None]
    assert day().mean == [7.5, None]


@pytest.mark.parametrize(("zone", "counts"), [(TOKYO, [24, 24]), (BERLIN, [7, 24, 17]), (DELHI, [4, 24, 20])])
def test_days_of_other_time_zones(device: Device, zone: ZoneInfo, counts: list[int]) -> None:
    """48 hourly values from midnight in Japan: 17:00 in Berlin, 20:30 in Delhi."""
    times = [START + n * HOUR + timedelta(minutes=1) for n in range(48)]
    uplinks_add(device, [(time, {"level": 1.5}) for time in times])
    hours_add(device, START, [{"level": [1, 1.5, 1.5, 1.5, 1.5]}] * 48)
    answer, one = asked(device, days=2, zone=zone, interval=Interval.DAY, now=START + 2 * DAY)
    assert [n for n in one.fields[0].count if n] == counts
    assert answer.span.since.astimezone(zone).time() == datetime.min.time()
    assert set(one.fields[0].mean) <= {1.5, None}


@pytest.mark.parametrize(
    ("days", "more", "place"),
    [
        (3653, {}, "until"),
        (0, {}, "until"),
        (-1, {}, "until"),
        (100, {"interval": Interval.HOUR}, "interval"),
        (1, {"names": ["level", "nonsense\x00"]}, "fields"),
        (1, {"names": [str(n) for n in range(11)]}, "fields"),
    ],
)
def test_what_cannot_be_answered_names_its_place(
    device: Device, days: float, more: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(device, days=days, **more)
    assert list(refused.value.fields) == [place]


def test_a_field_that_nothing_describes_is_known_by_what_arrived(device: Device) -> None:
    uplinks_add(device, [(START, {"extra": 4})])
    _answer, one = asked(device, days=1, names=["extra", "level"])
    assert [(row.field.label, row.mean) for row in one.fields] == [
        ("extra", [4, None]),
        ("水位", [None, None]),
    ]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("interval", "queries"), [(Interval.RAW, 2), (Interval.HOUR, 2), (Interval.DAY, 3)])
def test_queries_do_not_grow_with_devices(
    device: Device,
    count: int,
    interval: Interval,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    devices = [device, *(DeviceFactory.create(trial=device.trial) for _n in range(count - 1))]
    for one in devices:
        hours_add(one, START, [{"level": [1, 1, 1, 1, 1]}] * 3)
    with django_assert_num_queries(queries):
        answer = series_of(devices=devices, span=Span(START, START + DAY, TOKYO), interval=interval, now=NOW)
    assert len(answer.devices) == count


def test_masked_and_odd_values_are_left_out(device: Device) -> None:
    values: list[Any] = [{"level": True}, {"level": "x"}, {}, [1], {"level": 2}]
    uplinks_add(device, [(START + n * HOUR, value) for n, value in enumerate(values)])
    _answer, one = asked(device, days=1, now=START + 5 * HOUR)
    assert [n for n in one.fields[0].mean if n is not None] == [2]
