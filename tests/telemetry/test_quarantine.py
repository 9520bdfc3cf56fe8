"""A codec that holds up the others is stopped for every process; its uplinks wait and are decoded later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.devices.domain import codec_set_state
from apps.devices.enums import CodecState
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecVersion, Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceHour, Uplink
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db
HANGS_ON_1 = (
    "function decodeUplink(i){ if (i.bytes[0] == 1) { /(a+)+$/.test('a'.repeat(40)+'b'); }"
    " return {data: {level: i.bytes[0]}}; }"
)


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner(silence=0.4) as runner:
        yield runner


@pytest.fixture
def codec() -> CodecVersion:
    return CodecVersionFactory.create(script=HANGS_ON_1)


def incoming(device: Device, **changes: Any) -> Incoming:
    return Incoming(topic_of(device), encoded(uplink_event(device, **changes)), clock.now())


def test_three_kills_stop_a_version_for_every_process(codec: CodecVersion, runner: CodecRunner) -> None:
    device = DeviceFactory.create(model=codec.model)
    good = DeviceFactory.create(model=CodecVersionFactory.create().model)
    payloads = [b"\x05", b"\x01", b"\x01", b"\x01", b"\x06"]
    messages = [incoming(device, data=data) for data in payloads] + [incoming(good)]
    assert store_batch(messages=messages, runner=runner) == BatchResult(stored=6)
    states = list(
        Uplink.objects.filter(device_id=device.pk).order_by("f_cnt").values_list("decode_state", flat=True)
    )
    assert states == ["decoded", "failed", "failed", "failed", "quarantined"]
    codec.refresh_from_db()
    assert (codec.state, codec.fault) == (CodecState.QUARANTINED, "killed × 3")
    assert codec.stopped_at is not None
    assert AuditEntry.objects.filter(action="codec.quarantine", object_id=str(codec.pk)).count() == 1
    assert Uplink.objects.get(device_id=good.pk).decode_state == DecodeState.DECODED
    kills = runner.kills
    with CodecRunner() as another:
        later = [incoming(device, data=b"\x01"), incoming(device, data=b"\x07")]
        assert store_batch(messages=later, runner=another).stored == 2
        assert another.kills == 0
        assert another.pid is None
    assert runner.kills == kills
    held = Uplink.objects.filter(decode_state=DecodeState.QUARANTINED).order_by("f_cnt")
    assert [(bytes(row.data), row.values, row.warnings) for row in held] == [
        (b"\x06", None, None),
        (b"\x01", None, None),
        (b"\x07", None, None),
    ]
    assert DeviceHour.objects.get(device_id=device.pk).failed == 3


def test_a_version_taken_back_leaves_decoding_to_the_one_before(runner: CodecRunner) -> None:
    first = CodecVersionFactory.create()
    second = CodecVersionFactory.create(
        model=first.model, version=2, script="function decodeUplink() { return { data: { v: 2 } }; }"
    )
    device = DeviceFactory.create(model=first.model)
    for expected, codec in (({"v": 2}, second), ({"level": 1.2}, first)):
        store_batch(messages=[incoming(device, data=b"\x78")], runner=runner)
        row = Uplink.objects.order_by("-f_cnt")[0]
        assert (row.values, row.codec_id) == (expected, codec.pk)
        if codec == second:
            codec_set_state(codec=second, state=CodecState.WITHDRAWN, actor=None)
