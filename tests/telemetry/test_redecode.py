"""Stored uplinks decoded again: in slices, repeatable, with their hours and the latest state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.devices.domain import codec_publish, codec_set_state
from apps.devices.enums import CodecState
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecVersion, Device
from apps.outbox.models import Job
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.redecode import (
    HELD_JOB,
    JOB,
    held_job,
    redecode_job,
    redecode_start,
    redecode_step,
    redecode_stop,
)
from apps.telemetry.enums import DecodeState, RedecodeState
from apps.telemetry.models import DeviceHour, DeviceLatest, Redecode, Uplink
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db
#: Reads tenths where the first read hundredths; does not read 9.
BETTER = (
    "function decodeUplink(i) { if (i.bytes[0] == 9) { return { errors: ['no'] }; }"
    " return { data: { level: i.bytes[0] / 10 } }; }"
)
HANGS_ON_1 = BETTER.replace("== 9)", "== 1) { /(a+)+$/.test('a'.repeat(40)+'b'); } if (i.bytes[0] == 9)")


@pytest.fixture(scope="module")
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def codec() -> CodecVersion:
    partitions.forget()
    return CodecVersionFactory.create()


@pytest.fixture
def noon() -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)


def stored(device: Device, at: datetime, values: list[int], runner: CodecRunner) -> None:
    messages = [
        Incoming(
            topic_of(device),
            encoded(uplink_event(device, data=bytes([v]), time=at + timedelta(minutes=n))),
            clock.now(),
        )
        for n, v in enumerate(values)
    ]
    store_batch(messages=messages, runner=runner)


def levels(device: Device) -> list[Any]:
    rows = Uplink.objects.filter(device_id=device.pk).order_by("time")
    return [row.values and row.values["level"] for row in rows]


def run(redecode: Redecode, runner: CodecRunner, size: int = 2) -> Redecode:
    while redecode_step(redecode_id=redecode.pk, runner=runner, size=size):
        pass
    redecode.refresh_from_db()
    return redecode


def test_uplinks_since_a_moment_get_the_new_values_with_hours_and_latest(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    first, second = DeviceFactory.create_batch(2, model=codec.model)
    for device in (first, second):
        stored(device, noon - timedelta(hours=1), [40], runner)
        stored(device, noon, [10, 20, 9], runner)
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    redecode = run(redecode_start(codec=new, since=noon, actor=cast.staff), runner)
    assert (redecode.state, redecode.total, redecode.seen) == (RedecodeState.DONE, 6, 6)
    assert (redecode.changed, redecode.failed) == (4, 2)
    for device in (first, second):
        # What the new version cannot read keeps what the old one read; what is older stays.
        assert levels(device) == [0.4, 1.0, 2.0, 0.09]
        rows = Uplink.objects.filter(device_id=device.pk).order_by("time")
        codecs = rows.values_list("codec_id", flat=True)
        assert list(codecs) == [codec.pk, new.pk, new.pk, codec.pk]
        hour = DeviceHour.objects.get(device_id=device.pk, hour=noon)
        assert hour.fields == {"level": [3, 0.09, 2.0, pytest.approx(3.09), 0.09]}
        assert (hour.uplinks, hour.failed, hour.session_uplinks) == (3, 0, 3)
    again = run(redecode_start(codec=new, since=noon, actor=cast.staff), runner)
    assert (again.state, again.changed) == (RedecodeState.DONE, 0)
    assert levels(first) == [0.4, 1.0, 2.0, 0.09]
    assert DeviceHour.objects.get(device_id=first.pk, hour=noon).uplinks == 3


def test_the_latest_state_follows(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    stored(device, noon, [10, 20], runner)
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    run(redecode_start(codec=new, since=noon, actor=cast.staff), runner)
    assert DeviceLatest.objects.get(device=device).values == {"level": 2}


def test_a_kill_costs_one_slice(codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast) -> None:
    device = DeviceFactory.create(model=codec.model)
    stored(device, noon, [10, 20, 30, 40, 50], runner)
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    redecode = redecode_start(codec=new, since=noon, actor=cast.staff)
    redecode_step(redecode_id=redecode.pk, runner=runner, size=3)
    with transaction.atomic():
        redecode_step(redecode_id=redecode.pk, runner=runner, size=3)
        transaction.set_rollback(True)
    redecode.refresh_from_db()
    assert (redecode.state, redecode.seen) == (RedecodeState.RUNNING, 2)
    assert levels(device) == [1.0, 2.0, 0.3, 0.4, 0.5]
    run(redecode, runner)
    assert levels(device) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert (redecode.seen, redecode.changed) == (5, 5)


def test_uplinks_of_one_moment_are_never_parted(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    for value in (10, 20, 30, 40):
        stored(device, noon, [value], runner)
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    run(redecode_start(codec=new, since=noon, actor=cast.staff), runner, size=3)
    assert sorted(levels(device)) == [1.0, 2.0, 3.0, 4.0]


def test_what_is_over_the_number_or_masked_or_of_another_model_stays(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    stored(device, noon, [10, 20, 30], runner)
    rows = list(Uplink.objects.order_by("time").values_list("time", flat=True))
    Uplink.objects.filter(time=rows[0]).update(decode_state=DecodeState.OVER_QUOTA, values=None)
    Uplink.objects.filter(time=rows[1]).update(decode_state=DecodeState.MASKED, values=None, data=b"")
    Uplink.objects.filter(time=rows[2]).update(codec_id=CodecVersionFactory.create().pk)
    before = list(Uplink.objects.order_by("time").values())
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    redecode = run(redecode_start(codec=new, since=noon, actor=cast.staff), runner)
    assert (redecode.seen, redecode.changed) == (3, 0)
    assert list(Uplink.objects.order_by("time").values()) == before


def test_what_waited_is_decoded_when_staff_release_the_version(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    stored(device, noon, [10], runner)
    codec = codec_set_state(codec=codec, state=CodecState.QUARANTINED, actor=None, fault="killed × 3")
    stored(device, noon + timedelta(minutes=5), [20, 30], runner)
    assert levels(device) == [0.1, None, None]
    assert not Redecode.objects.exists()
    codec_set_state(codec=codec, state=CodecState.ACTIVE, actor=cast.staff)
    redecode = Redecode.objects.get()
    assert (redecode.only_held, redecode.total, redecode.made_by) == (True, 2, cast.staff)
    while redecode_job(Job.objects.get(kind=JOB).payload):
        pass
    redecode.refresh_from_db()
    assert (redecode.state, redecode.seen, redecode.changed) == (RedecodeState.DONE, 2, 2)
    assert levels(device) == [0.1, 0.2, 0.3]
    # A batch that was under way then still stored one as held.
    Uplink.objects.filter(device_id=device.pk, values__level=0.3).update(
        decode_state=DecodeState.QUARANTINED, values=None
    )
    held_job(Job.objects.get(kind=HELD_JOB).payload)
    run(Redecode.objects.get(state=RedecodeState.WAITING), runner)
    assert levels(device) == [0.1, 0.2, 0.3]


def test_what_waited_is_decoded_by_a_new_version_too(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    codec_set_state(codec=codec, state=CodecState.QUARANTINED, actor=None)
    stored(device, noon, [20], runner)
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    run(Redecode.objects.get(only_held=True, codec=new), runner)
    assert levels(device) == [2.0]


def test_a_version_that_hangs_on_old_uplinks_is_stopped_with_the_work(
    codec: CodecVersion, noon: datetime, cast: Cast
) -> None:
    device = DeviceFactory.create(model=codec.model)
    with CodecRunner(silence=0.4) as runner:
        stored(device, noon, [10, 1, 1, 1, 1], runner)
        new = codec_publish(model=codec.model, script=HANGS_ON_1, actor=cast.staff, runner=runner)
        redecode = run(redecode_start(codec=new, since=noon, actor=cast.staff), runner, size=100)
    new.refresh_from_db()
    assert (redecode.state, new.state) == (RedecodeState.STOPPED, CodecState.QUARANTINED)
    assert levels(device) == [0.1, 0.01, 0.01, 0.01, 0.01]


def test_only_the_version_that_decodes_and_one_at_a_time(
    codec: CodecVersion, noon: datetime, runner: CodecRunner, cast: Cast
) -> None:
    new = codec_publish(model=codec.model, script=BETTER, actor=cast.staff, runner=runner)
    with pytest.raises(Conflict):
        redecode_start(codec=codec, since=noon, actor=cast.staff)
    with pytest.raises(InvalidInput):
        redecode_start(codec=new, since=clock.now() + timedelta(hours=1), actor=cast.staff)
    redecode = redecode_start(codec=new, since=noon, actor=cast.staff)
    with pytest.raises(Conflict) as refusal:
        redecode_start(codec=new, since=noon, actor=cast.staff)
    assert refusal.value.code == "under_way"
    redecode_stop(redecode=redecode, actor=cast.staff)
    assert redecode_step(redecode_id=redecode.pk, runner=runner) is False
    with pytest.raises(Conflict):
        redecode_stop(redecode=redecode, actor=cast.staff)
    # A newer version ends what an older one began.
    open_one = redecode_start(codec=new, since=noon, actor=cast.staff)
    codec_publish(model=codec.model, script=BETTER + "\n", actor=cast.staff, runner=runner)
    open_one.refresh_from_db()
    assert open_one.state == RedecodeState.STOPPED


def test_the_command_does_it_here_and_now(codec: CodecVersion, noon: datetime, runner: CodecRunner) -> None:
    device = DeviceFactory.create(model=codec.model)
    stored(device, noon, [10, 20, 30], runner)
    codec_publish(model=codec.model, script=BETTER, actor=None, runner=runner)
    out = StringIO()
    call_command("redecode", str(codec.model), noon.isoformat(), slice=2, stdout=out)
    assert levels(device) == [1.0, 2.0, 3.0]
    assert "done: 3 uplinks, 3 changed, 0 not read" in out.getvalue()
    for model, since in (("Nobody’s", "2026-01-01"), (str(codec.model), "yesterday")):
        with pytest.raises(CommandError):
            call_command("redecode", model, since)
