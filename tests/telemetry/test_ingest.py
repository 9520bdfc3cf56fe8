from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.outbox.models import Job
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.over_quota import JOB, over_quota_job
from apps.telemetry.domain.replay import dead_letter_replay
from apps.telemetry.enums import DeadLetterReason, DeadLetterState, DecodeState
from apps.telemetry.models import DeadLetter, DeviceHour, DeviceLatest, TrialDay, Uplink
from apps.trials.domain import quota_change
from apps.trials.enums import QuotaKind
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def device() -> Device:
    codec = CodecVersionFactory.create()
    return DeviceFactory.create(model=codec.model)


def incoming(device: Device | str, kind: str = "up", **changes: Any) -> Incoming:
    return Incoming(topic_of(device, kind), encoded(uplink_event(device, **changes)), clock.now())


def test_an_event_is_decoded_and_stored_with_its_raw_payload(device: Device, runner: CodecRunner) -> None:
    result = store_batch(messages=[incoming(device, data=b"\x78", f_cnt=10)], runner=runner)
    assert result == BatchResult(stored=1)
    row = Uplink.objects.get()
    assert (row.device_id, row.trial_id, row.organization_id) == (
        device.pk,
        device.trial_id,
        device.organization_id,
    )
    assert (bytes(row.data), row.values, row.decode_state) == (b"\x78", {"level": 1.2}, DecodeState.DECODED)
    assert (row.f_cnt, row.rssi, row.snr, row.gateway_count, row.frequency) == (10, -97, 5.5, 2, 923200000)
    assert DeviceLatest.objects.get().values == {"level": 1.2}
    assert TrialDay.objects.get().uplinks == 1


def test_a_repeated_delivery_is_stored_and_counted_once(device: Device, runner: CodecRunner) -> None:
    message = incoming(device)
    assert store_batch(messages=[message, message], runner=runner) == BatchResult(stored=1, repeated=1)
    assert store_batch(messages=[message], runner=runner) == BatchResult(repeated=1)
    assert Uplink.objects.count() == 1
    assert TrialDay.objects.get().uplinks == 1


def test_the_latest_state_is_the_newest_by_event_time(device: Device, runner: CodecRunner) -> None:
    now = clock.now()
    for minutes, level in ((10, 50), (1, 60), (5, 70)):
        store_batch(
            messages=[incoming(device, data=bytes([level]), time=now - timedelta(minutes=minutes))],
            runner=runner,
        )
    assert DeviceLatest.objects.get().values == {"level": 0.6}


def test_a_foreign_device_goes_to_the_dead_letters_and_can_be_replayed(
    runner: CodecRunner, cast: Cast
) -> None:
    foreign = incoming("0102030405060708")
    assert store_batch(messages=[foreign, foreign], runner=runner) == BatchResult(dead=2)
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.dev_eui, letter.times) == (
        DeadLetterReason.UNKNOWN_DEVICE,
        "0102030405060708",
        2,
    )
    assert bytes(letter.payload) == foreign.payload
    assert dead_letter_replay(letter=letter, actor=cast.staff) is False
    DeviceFactory.create(dev_eui="0102030405060708")
    assert dead_letter_replay(letter=letter, actor=cast.staff) is True
    assert letter.state == DeadLetterState.REPLAYED
    assert Uplink.objects.count() == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"deduplicationId": 5}',
        b'{"a":' * 2000,
        encoded(uplink_event("0102030405060708", time=clock.now(), deduplicationId="no")),
        encoded(uplink_event("0102030405060708", time=clock.now(), data=b"")).replace(
            b'"data": ""', b'"data": "%"'
        ),
        encoded({**uplink_event("0102030405060708"), "fCnt": -1}),
        encoded({**uplink_event("0102030405060708"), "time": "yesterday"}),
    ],
)
def test_what_is_not_an_event_is_kept_byte_for_byte(
    payload: bytes, device: Device, runner: CodecRunner
) -> None:
    bad = Incoming(topic_of("0102030405060708"), payload, clock.now())
    result = store_batch(messages=[bad, incoming(device)], runner=runner)
    assert result == BatchResult(stored=1, dead=1)
    letter = DeadLetter.objects.get()
    assert letter.reason == DeadLetterReason.MALFORMED
    assert letter.detail != ""
    assert bytes(letter.payload) == payload


def test_times_out_of_range_are_kept_apart(device: Device, runner: CodecRunner) -> None:
    now = clock.now()
    messages = [
        incoming(device, time=now + timedelta(days=3)),
        incoming(device, time=now - timedelta(days=900)),
    ]
    assert store_batch(messages=messages, runner=runner) == BatchResult(dead=2)
    assert {letter.reason for letter in DeadLetter.objects.all()} == {DeadLetterReason.TIME_RANGE}


def test_other_kinds_of_event_are_not_readings(device: Device, runner: CodecRunner) -> None:
    messages = [incoming(device, kind) for kind in ("join", "ack", "txack", "log", "status", "location")]
    assert store_batch(messages=messages, runner=runner) == BatchResult(noted=6)
    assert store_batch(messages=[incoming(device, "surprise")], runner=runner) == BatchResult(dead=1)


def test_without_a_codec_the_raw_payload_is_kept(runner: CodecRunner) -> None:
    device = DeviceFactory.create(model=None)
    store_batch(messages=[incoming(device, data=b"\x01\x02")], runner=runner)
    row = Uplink.objects.get()
    assert (row.decode_state, row.values, bytes(row.data)) == (DecodeState.NO_CODEC, None, b"\x01\x02")


def test_a_codec_that_hangs_harms_only_its_own_event(device: Device, runner: CodecRunner) -> None:
    script = "function decodeUplink(){ /(a+)+$/.test('a'.repeat(40)+'b'); return {data: {}}; }"
    hanging = DeviceFactory.create(model=CodecVersionFactory.create(script=script).model)
    result = store_batch(messages=[incoming(hanging), incoming(device)], runner=runner)
    assert result == BatchResult(stored=2)
    states = dict(Uplink.objects.values_list("device_id", "decode_state"))
    assert states == {hanging.pk: DecodeState.FAILED, device.pk: DecodeState.DECODED}


def test_over_the_daily_number_uplinks_are_stored_raw_and_marked(runner: CodecRunner) -> None:
    codec = CodecVersionFactory.create()
    device = DeviceFactory.create(trial=TrialFactory.create(messages=2), model=codec.model)
    noon = clock.now().replace(hour=3, minute=0)
    messages = [incoming(device, time=noon + timedelta(seconds=n)) for n in range(3)]
    assert store_batch(messages=messages, runner=runner).stored == 3
    states = list(Uplink.objects.order_by("time").values_list("decode_state", flat=True))
    assert states == [DecodeState.DECODED, DecodeState.DECODED, DecodeState.OVER_QUOTA]
    assert bytes(Uplink.objects.order_by("-time")[0].data) == b"\x78"


def test_a_repeated_delivery_takes_nothing_of_the_daily_number(runner: CodecRunner) -> None:
    codec = CodecVersionFactory.create()
    device = DeviceFactory.create(trial=TrialFactory.create(messages=3), model=codec.model)
    noon = clock.now().replace(hour=3, minute=0)
    old, twice, last = (incoming(device, time=noon + timedelta(seconds=n)) for n in range(3))
    store_batch(messages=[old], runner=runner)
    assert store_batch(messages=[old, twice, twice, last], runner=runner) == BatchResult(stored=2, repeated=2)
    assert set(Uplink.objects.values_list("decode_state", flat=True)) == {DecodeState.DECODED}


def test_what_was_over_is_decoded_when_staff_raise_the_number(runner: CodecRunner, cast: Cast) -> None:
    codec = CodecVersionFactory.create()
    device = DeviceFactory.create(trial=TrialFactory.create(messages=1), model=codec.model)
    noon = clock.now().replace(hour=3, minute=0)
    messages = [incoming(device, time=noon + timedelta(seconds=n), data=bytes([n])) for n in range(4)]
    store_batch(messages=messages, runner=runner)
    quota_change(trial=device.trial, kind=QuotaKind.MESSAGES, granted=3, actor=cast.staff)
    job = Job.objects.get(kind=JOB)
    for _ in range(2):
        over_quota_job(job.payload)
        rows = Uplink.objects.order_by("time").values_list("decode_state", "values")
        assert list(rows) == [
            ("decoded", {"level": 0}),
            ("decoded", {"level": 0.01}),
            ("decoded", {"level": 0.02}),
            ("over_quota", None),
        ]
    quota_change(trial=device.trial, kind=QuotaKind.MESSAGES, granted=4, actor=cast.staff)
    over_quota_job(job.payload)
    assert DeviceLatest.objects.get().values == {"level": 0.03}
    assert DeviceHour.objects.get().fields["level"][0] == 4


def test_a_lowered_number_starts_no_work(cast: Cast) -> None:
    trial = TrialFactory.create(messages=5)
    quota_change(trial=trial, kind=QuotaKind.MESSAGES, granted=2, actor=cast.staff)
    assert not Job.objects.filter(kind=JOB).exists()


def test_a_text_that_postgresql_refuses_does_not_stop_the_batch(runner: CodecRunner, device: Device) -> None:
    script = "function decodeUplink(){ return {data: {name: 'a\\u0000b'}}; }"
    odd = DeviceFactory.create(model=CodecVersionFactory.create(script=script).model)
    event = uplink_event(odd)
    event["devAddr"] = "12\u000034"
    event["rxInfo"][0]["gatewayId"] = "x\u0000"
    message = Incoming(topic_of(odd), encoded(event), clock.now())
    assert store_batch(messages=[message, incoming(device)], runner=runner).stored == 2
    assert Uplink.objects.get(device_id=odd.pk).values == {"name": "ab"}


def test_an_event_that_cannot_be_stored_is_buried_alone(device: Device, runner: CodecRunner) -> None:
    event = uplink_event(device, deduplication_id=str(uuid.uuid4()))
    event["rxInfo"] = [{"deep": None}]
    for _ in range(150):
        event["rxInfo"] = [{"d": event["rxInfo"]}]
    deep = Incoming(topic_of(device), encoded(event), clock.now())
    result = store_batch(messages=[deep, incoming(device)], runner=runner)
    assert result == BatchResult(stored=1, dead=1)
    assert DeadLetter.objects.get().reason == DeadLetterReason.FAILED
