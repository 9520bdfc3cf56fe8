"""Device events, repeats and hourly rollups: stored once, in whatever order they come."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import DeadLetterReason, EventKind
from apps.telemetry.models import (
    DeadLetter,
    DeviceCondition,
    DeviceEvent,
    DeviceHour,
    DeviceLatest,
    TrialDay,
    Uplink,
)
from tests.concurrency import at_once
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def device() -> Device:
    return DeviceFactory.create(model=CodecVersionFactory.create().model)


def up(device: Device, **changes: Any) -> Incoming:
    return Incoming(topic_of(device), encoded(uplink_event(device, **changes)), clock.now())


def event(
    device: Device, kind: str, *, time: datetime | None = None, own_id: bool = True, **parts: Any
) -> Incoming:
    """An event as ChirpStack publishes it: the head of an uplink, and its own parts."""
    whole = uplink_event(device, time=time)
    body = {name: whole[name] for name in ("deduplicationId", "time", "deviceInfo")}
    if not own_id:
        del body["deduplicationId"]
    return Incoming(topic_of(device, kind), encoded({**body, **parts}), clock.now())


def noon() -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


def test_each_kind_of_event_is_kept_and_read_into_the_condition(device: Device, runner: CodecRunner) -> None:
    at = noon()
    messages = [
        event(device, "join", time=at, devAddr="00189440"),
        event(device, "status", time=at, margin=12, externalPowerSource=False, batteryLevel=41.5),
        event(device, "log", own_id=False, time=at, level="ERROR", code="UPLINK_MIC", description="keys"),
        event(device, "location", time=at, location={"latitude": 36.7, "longitude": 137.2}),
        event(device, "ack", time=at, queueItemId=str(uuid.uuid4()), acknowledged=True, fCntDown=3),
        event(
            device,
            "txack",
            own_id=False,
            time=at,
            queueItemId=str(uuid.uuid4()),
            gatewayId="0016c001f153a14c",
        ),
    ]
    assert store_batch(messages=messages, runner=runner) == BatchResult(noted=6)
    assert store_batch(messages=messages, runner=runner) == BatchResult(repeated=6)
    assert sorted(DeviceEvent.objects.values_list("kind", flat=True)) == sorted(
        ["join", "status", "log", "location", "ack", "txack"]
    )
    condition = DeviceCondition.objects.get()
    assert (condition.joined_at, condition.log_at, condition.status_at, condition.located_at) == (at,) * 4
    assert (condition.log_level, condition.log_code, condition.log_text) == ("ERROR", "UPLINK_MIC", "keys")
    assert (condition.battery, condition.external_power, condition.margin) == (41.5, False, 12)
    assert (condition.location.y, condition.location.x) == (36.7, 137.2)
    assert not Uplink.objects.exists()
    log = DeviceEvent.objects.get(kind=EventKind.LOG)
    assert (log.level, log.code, log.data["description"]) == ("ERROR", "UPLINK_MIC", "keys")
    assert "deviceInfo" not in json.dumps(log.data)


def test_all_that_one_frame_brought_is_kept(device: Device, runner: CodecRunner) -> None:
    """ChirpStack gives the events of one frame its id and its time: here a battery report and an answer to
    a confirmed downlink, beside the first uplink of a session."""
    at, frame = noon(), str(uuid.uuid4())
    one: dict[str, Any] = {"time": at, "deduplicationId": frame}
    messages = [
        event(device, "join", devAddr="00189440", **one),
        event(device, "status", margin=12, batteryLevel=41.5, **one),
        event(device, "ack", queueItemId=str(uuid.uuid4()), acknowledged=True, fCntDown=3, **one),
        event(device, "location", location={"latitude": 36.7, "longitude": 137.2}, **one),
        up(device, time=at, deduplication_id=frame),
    ]
    assert store_batch(messages=messages, runner=runner) == BatchResult(stored=1, noted=4)
    assert store_batch(messages=messages, runner=runner) == BatchResult(repeated=5)
    kinds = DeviceEvent.objects.filter(data__deduplicationId=frame).values_list("kind", flat=True)
    assert sorted(kinds) == ["ack", "join", "location", "status"]
    condition = DeviceCondition.objects.get()
    assert (condition.joined_at, condition.status_at, condition.battery) == (at, at, 41.5)


def test_the_condition_is_that_of_the_newest_event_whatever_comes_first(
    device: Device, runner: CodecRunner
) -> None:
    at = noon()
    for minutes, battery in ((10, 40), (30, 20), (20, 30)):
        message = event(device, "status", time=at + timedelta(minutes=minutes), batteryLevel=battery)
        store_batch(messages=[message], runner=runner)
    condition = DeviceCondition.objects.get()
    assert (condition.battery, condition.status_at) == (20, at + timedelta(minutes=30))


@pytest.mark.parametrize(
    "parts",
    [
        {"batteryLevel": 254, "batteryLevelUnavailable": True},
        {"batteryLevel": 0, "externalPowerSource": True},
        {"batteryLevel": "full", "margin": "much"},
    ],
)
def test_an_unknown_battery_is_not_an_empty_one(
    parts: dict[str, Any], device: Device, runner: CodecRunner
) -> None:
    assert store_batch(messages=[event(device, "status", **parts)], runner=runner).noted == 1
    assert DeviceCondition.objects.get().battery is None


@pytest.mark.parametrize(
    "place", [None, [], {"latitude": "x"}, {"latitude": 99, "longitude": 0}, {"longitude": -200}]
)
def test_a_position_that_is_none_changes_nothing(place: Any, device: Device, runner: CodecRunner) -> None:
    assert store_batch(messages=[event(device, "location", location=place)], runner=runner).noted == 1
    assert not DeviceCondition.objects.exists()


def test_what_postgresql_cannot_hold_is_no_reason_to_lose_an_event(
    device: Device, runner: CodecRunner
) -> None:
    message = event(device, "log", level="WAR\u0000NING", code="C\u0000", description="a\u0000b" * 400)
    assert store_batch(messages=[message], runner=runner).noted == 1
    assert DeviceCondition.objects.get().log_text.startswith("abab")


def test_a_huge_event_is_kept_as_a_dead_letter(device: Device, runner: CodecRunner) -> None:
    message = event(device, "log", description="x" * 20_000)
    assert store_batch(messages=[message], runner=runner) == BatchResult(dead=1)
    assert DeadLetter.objects.get().reason == DeadLetterReason.MALFORMED


def test_the_same_frame_under_a_new_id_is_a_repeat_and_no_reading(
    device: Device, runner: CodecRunner
) -> None:
    at = noon()
    first = up(device, f_cnt=7, time=at)
    again = up(device, f_cnt=7, time=at + timedelta(minutes=59))
    assert store_batch(messages=[first], runner=runner) == BatchResult(stored=1)
    assert store_batch(messages=[again], runner=runner) == BatchResult(repeated=1)
    assert store_batch(messages=[again], runner=runner) == BatchResult(repeated=1)
    assert Uplink.objects.count() == TrialDay.objects.get().uplinks == 1
    repeat = DeviceEvent.objects.get()
    assert (repeat.kind, repeat.data["of"]) == (EventKind.REPEAT, str(Uplink.objects.get().deduplication_id))
    assert DeviceLatest.objects.get().time == at


def test_two_ids_of_one_frame_in_one_batch_are_one_reading(device: Device, runner: CodecRunner) -> None:
    messages = [up(device, f_cnt=7), up(device, f_cnt=7)]
    assert store_batch(messages=messages, runner=runner) == BatchResult(stored=1, repeated=1)


@pytest.mark.parametrize(
    "changes",
    [{"data": b"\x01"}, {"f_cnt": 8}, {"devAddr": "00189441"}, {"minutes": 61}],
    ids=["payload", "counter", "session", "hour"],
)
def test_what_differs_is_another_frame(changes: dict[str, Any], device: Device, runner: CodecRunner) -> None:
    at = noon()
    later = at + timedelta(minutes=changes.pop("minutes", 1))
    store_batch(messages=[up(device, f_cnt=7, time=at)], runner=runner)
    message = up(device, **{"f_cnt": 7, "time": later, **changes})
    assert store_batch(messages=[message], runner=runner) == BatchResult(stored=1)


@pytest.mark.django_db(transaction=True)
def test_two_processes_with_the_same_frame_store_one_reading() -> None:
    device = DeviceFactory.create(model=CodecVersionFactory.create().model)
    partitions.forget()
    partitions.partitions_ahead()
    at = noon()

    def store() -> None:
        with CodecRunner() as own:
            messages = [up(device, f_cnt=n, time=at + timedelta(seconds=n), data=b"\x05") for n in range(40)]
            store_batch(messages=messages, runner=own)

    at_once([store] * 4)
    assert Uplink.objects.count() == 40
    assert DeviceEvent.objects.filter(kind=EventKind.REPEAT).count() == 120
    assert sum(DeviceHour.objects.values_list("uplinks", flat=True)) == 40
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE telemetry_uplink, telemetry_deviceevent, telemetry_devicehour")


def test_an_hour_sums_what_was_stored_in_it(device: Device, runner: CodecRunner) -> None:
    at = noon()
    levels = (120, 100, 150)
    for n, level in enumerate(levels):
        message = up(device, f_cnt=20 + 2 * n, data=bytes([level]), time=at + timedelta(minutes=20 * n))
        store_batch(messages=[message, message], runner=runner)
    hour = DeviceHour.objects.get()
    assert hour.hour == at
    assert hour.fields == {"level": [3, 1.0, 1.5, pytest.approx(3.7), 1.5]}
    assert (hour.uplinks, hour.failed, hour.rssi_best, hour.snr_best, hour.gateways) == (3, 0, -97, 5.5, 2)
    assert (hour.f_cnt_low, hour.f_cnt_high, hour.session_uplinks) == (20, 24, 3)


def test_a_new_session_begins_its_own_count_of_frames(device: Device, runner: CodecRunner) -> None:
    at = noon()
    store_batch(messages=[up(device, f_cnt=900, time=at)], runner=runner)
    joined = [up(device, f_cnt=n, time=at + timedelta(minutes=n + 1), devAddr="01010101") for n in range(3)]
    store_batch(messages=joined, runner=runner)
    hour = DeviceHour.objects.get()
    assert (hour.uplinks, hour.session_uplinks, hour.f_cnt_low, hour.f_cnt_high) == (4, 3, 0, 2)


def test_values_that_are_no_numbers_are_not_summed(runner: CodecRunner) -> None:
    script = (
        "function decodeUplink(){ return {data: {a: 1, b: 'x', c: true, d: null, e: 1e999, f: {g: 1}}}; }"
    )
    device = DeviceFactory.create(model=CodecVersionFactory.create(script=script).model)
    store_batch(messages=[up(device)], runner=runner)
    assert DeviceHour.objects.get().fields == {"a": [1, 1, 1, 1, 1]}
