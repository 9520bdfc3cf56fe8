from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.core import clock
from apps.devices.domain import device_set_state
from apps.devices.enums import DeviceState
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.outbox.models import Job
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.dead_letter import payload_as_text
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
    at_once = Job.objects.get(kind=JOB, next_attempt_at=None)
    # A batch that read the number before may be stored after the first: the second finds what it marked.
    later = Job.objects.get(kind=JOB, next_attempt_at__gt=clock.now() + timedelta(minutes=1))
    for job in (at_once, later):
        over_quota_job(job.payload)
        rows = Uplink.objects.order_by("time").values_list("decode_state", "values")
        assert list(rows) == [
            ("decoded", {"level": 0}),
            ("decoded", {"level": 0.01}),
            ("decoded", {"level": 0.02}),
            ("over_quota", None),
        ]
    quota_change(trial=device.trial, kind=QuotaKind.MESSAGES, granted=4, actor=cast.staff)
    over_quota_job(later.payload)
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


@pytest.mark.parametrize("messages_a_day", [0, 1000])
def test_an_event_that_cannot_be_stored_is_buried_alone(runner: CodecRunner, messages_a_day: int) -> None:
    """Also when the table refuses it before the batch is written: over the day's number it is looked for."""
    device = DeviceFactory.create(trial__messages=messages_a_day)
    with connection.cursor() as cursor:
        cursor.execute("CREATE DOMAIN not_five AS smallint CHECK (VALUE <> 5)")
        cursor.execute("ALTER TABLE telemetry_uplink ALTER COLUMN f_port TYPE not_five")
    odd = incoming(device, fPort=5)
    assert store_batch(messages=[odd, incoming(device)], runner=runner) == BatchResult(stored=1, dead=1)
    letter = DeadLetter.objects.get()
    assert (letter.reason, bytes(letter.payload)) == (DeadLetterReason.FAILED, odd.payload)
    # Its company finds it among its own.
    assert letter.dev_eui == device.dev_eui


def test_what_comes_late_for_a_month_that_was_dropped_is_stored(
    device: Device, runner: CodecRunner, django_capture_on_commit_callbacks: Any
) -> None:
    """By another process: this one still believes that the month is there."""
    late = clock.now() - timedelta(days=390)
    with django_capture_on_commit_callbacks(execute=True):
        store_batch(messages=[incoming(device, time=late)], runner=runner)
    names = [partitions.partition_name(partitions.month_of(late), table) for table in partitions.TABLES]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {', '.join(names)}")
    assert partitions.month_of(late) in partitions._known
    assert store_batch(messages=[incoming(device, time=late)], runner=runner) == BatchResult(stored=1)
    partitions.forget()


@pytest.mark.parametrize("messages_a_day", [0, 1000])
@pytest.mark.parametrize(("kind", "part"), [("up", "rxInfo"), ("up", "object"), ("log", "context")])
@pytest.mark.parametrize("levels", [65, 300, 1000])
def test_an_event_nested_without_end_is_a_dead_letter_that_can_be_read(
    runner: CodecRunner, messages_a_day: int, kind: str, part: str, levels: int
) -> None:
    device = DeviceFactory.create(trial__messages=messages_a_day)
    event = encoded({**uplink_event(device), part: ["here"]})
    deep = Incoming(
        topic_of(device, kind), event.replace(b'"here"', b"[" * levels + b"]" * levels), clock.now()
    )
    assert store_batch(messages=[deep, incoming(device)], runner=runner) == BatchResult(stored=1, dead=1)
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.dev_eui) == (DeadLetterReason.MALFORMED, device.dev_eui)
    assert "[[[" in "".join(payload_as_text(letter).split())


def held(eui: str, since: int, until: int | None, **more: Any) -> Device:
    """A device that was registered ``since`` days ago, and retired ``until`` days ago."""
    device = DeviceFactory.create(dev_eui=eui, model=None, **more)
    Device.objects.filter(pk=device.pk).update(created_at=clock.now() - timedelta(days=since))
    if until is not None:
        left = clock.now() - timedelta(days=until)
        device_set_state(device=device, state=DeviceState.RETIRED, actor=None, now=left)
    return device


def days_ago(eui: str, days: float) -> Incoming:
    return incoming(eui, time=clock.now() - timedelta(days=days))


def test_what_a_retired_device_sent_before_is_its_own_and_known_again(runner: CodecRunner) -> None:
    """It waited at the broker meanwhile, or it was stored and is delivered once more."""
    eui = "0102030405060708"
    device = held(eui, since=9, until=3)
    late, after = days_ago(eui, 4), days_ago(eui, 2)
    assert store_batch(messages=[late, after], runner=runner) == BatchResult(stored=1, dead=1)
    assert store_batch(messages=[late], runner=runner) == BatchResult(repeated=1)
    assert Uplink.objects.get().device_id == device.pk


def test_a_device_retired_in_sql_keeps_what_it_sent_before(runner: CodecRunner) -> None:
    eui = "0102030405060708"
    device = held(eui, since=9, until=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE devices_device SET state = 'retired' WHERE id = %s", [device.pk])
    assert store_batch(messages=[days_ago(eui, 1)], runner=runner) == BatchResult(stored=1)
    assert Uplink.objects.get().device_id == device.pk


def test_what_a_device_sent_before_others_registered_it_is_not_theirs(
    runner: CodecRunner, cast: Cast
) -> None:
    eui = "0102030405060708"
    first = held(eui, since=9, until=6)
    second = held(eui, since=3, until=None)
    assert first.organization_id != second.organization_id
    messages = [days_ago(eui, 7), days_ago(eui, 4), days_ago(eui, 1)]
    assert store_batch(messages=messages, runner=runner) == BatchResult(stored=2, dead=1)
    found = Uplink.objects.order_by("time").values_list("device_id", flat=True)
    assert list(found) == [first.pk, second.pk]
    letter = DeadLetter.objects.get()
    assert dead_letter_replay(letter=letter, actor=cast.staff) is False
    assert Uplink.objects.count() == 2


def test_a_device_that_came_back_does_not_take_what_others_sent_meanwhile(runner: CodecRunner) -> None:
    eui = "0102030405060708"
    first = held(eui, since=9, until=7)
    second = held(eui, since=6, until=4)
    device_set_state(device=first, state=DeviceState.ACTIVE, actor=None)
    assert store_batch(messages=[days_ago(eui, 5), days_ago(eui, 1)], runner=runner).stored == 2
    found = Uplink.objects.order_by("time").values_list("device_id", flat=True)
    assert list(found) == [second.pk, first.pk]
