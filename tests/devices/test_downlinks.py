"""Downlinks: queued within the day's number, handed over once, followed by what the server tells."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import grpc
import pytest
from django.conf import settings
from django.db.models import F

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, QuotaFull
from apps.core.models import SiteSettings
from apps.devices.domain import device_retire, device_set_state
from apps.devices.domain.downlink_news import DownlinkNews, downlinks_follow
from apps.devices.domain.downlink_sending import downlink_hand_over
from apps.devices.domain.downlinks import downlink_cancel, downlink_limit_save, downlink_queue
from apps.devices.enums import DeviceState, DownlinkReason, DownlinkState
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device, Downlink, DownlinkLimit, Provision
from apps.devices.rules.downlinks import TRANSITIONS
from apps.network.domain import server_set_state
from apps.network.enums import ServerKind
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from apps.outbox.enums import JobState
from apps.outbox.models import Job
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.downlinks import downlink_told_before, notes_to_downlinks
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.notes import StoredNote
from apps.telemetry.integrations.simulator import samples
from apps.telemetry.models import DeviceLatest
from apps.telemetry.selectors import simulated_devices
from apps.trials.models import Participant, Trial
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.downlinks import DownlinkFactory, standing
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.network.fake_chirpstack import FakeChirpStack

pytestmark = pytest.mark.django_db
S = DownlinkState


@pytest.fixture
def device(cast: Cast, fake: FakeChirpStack) -> Device:
    return standing(DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization)), fake)


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


def queue(device: Device, **changes: Any) -> Downlink:
    return downlink_queue(**{"device": device, "actor": None, "data": b"\x01", "f_port": 10, **changes})


def drain(after: timedelta = timedelta()) -> None:
    """Let the jobs be done that are due after ``after``, as if it were over."""
    Downlink.objects.update(next_try_at=F("next_try_at") - after)
    outbox_drain(now=clock.now() + after)


def shown(row: Downlink) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.reason


def event(device: Device, kind: str, **parts: Any) -> Incoming:
    """As ChirpStack publishes it; txack and log have no id of their own."""
    whole = uplink_event(device)
    head = ("time", "deviceInfo") if kind in ("txack", "log") else ("deduplicationId", "time", "deviceInfo")
    body = {name: whole[name] for name in head}
    return Incoming(topic_of(device, kind), encoded({**body, **parts}), clock.now())


def test_a_downlink_goes_to_the_server_and_its_way_is_followed(
    device: Device, fake: FakeChirpStack, runner: CodecRunner, cast: Cast
) -> None:
    row = queue(device, actor=cast.colleague, confirmed=True, data=b"\x01\xff")
    assert shown(row) == (S.QUEUED, "")
    drain()
    (item,) = fake.state.queue
    assert (item.dev_eui, item.f_port, item.data, item.confirmed) == (device.dev_eui, 10, b"\x01\xff", True)
    assert (shown(row), row.remote_id, row.taken_at is not None) == ((S.HANDED, ""), item.id, True)
    sent = event(device, "txack", queueItemId=item.id, fCntDown=7, gatewayId="0016c001f153a14c")
    answered = event(device, "ack", queueItemId=item.id, acknowledged=True, fCntDown=7)
    store_batch(messages=[sent], runner=runner)
    assert (shown(row), row.f_cnt_down) == ((S.SENT, ""), 7)
    store_batch(messages=[answered, sent], runner=runner)
    assert (shown(row), row.sent_at is not None, row.acknowledged_at is not None) == (
        (S.ACKNOWLEDGED, ""),
        True,
        True,
    )
    entry = AuditEntry.objects.get(action="downlink.queue")
    assert entry.actor_id == cast.colleague.pk
    assert entry.data == {"device": device.dev_eui, "port": 10, "bytes": 2}


def test_whatever_the_order_of_events_the_end_is_the_same(device: Device) -> None:
    at = clock.now()
    told = [(S.SENT, 1), (S.UNANSWERED, 2), (S.ACKNOWLEDGED, 3)]
    for order in permutations(told):
        row = DownlinkFactory.create(device=device, state=S.HANDED, remote_id=str(uuid.uuid4()))
        for state, seconds in order:
            moment = at + timedelta(seconds=seconds)
            for _again in range(2):
                downlinks_follow(news=[DownlinkNews(device.pk, row.remote_id, moment, state)])
        row.refresh_from_db()
        assert (row.state, row.sent_at, row.acknowledged_at) == (
            S.ACKNOWLEDGED,
            at + timedelta(seconds=1),
            at + timedelta(seconds=3),
        )


def test_states_move_ahead_only() -> None:
    for to, sources in TRANSITIONS.items():
        for source in sources:
            assert to not in TRANSITIONS[source]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("DOWNLINK_PAYLOAD_SIZE", S.FAILED, "too_long"),
        ("F_CNT_DOWN", S.FAILED, "counter"),
        ("EXPIRED", S.EXPIRED, ""),
        ("DOWNLINK_GATEWAY", S.HANDED, "gateway"),
        ("UPLINK_MIC", S.HANDED, ""),
    ],
)
def test_what_the_log_tells_of_a_dropped_item(
    code: str, state: str, reason: str, device: Device, runner: CodecRunner
) -> None:
    row = DownlinkFactory.create(device=device, state=S.HANDED, remote_id=str(uuid.uuid4()))
    context = {"queue_item_id": row.remote_id, "item_size": "99"}
    note = event(device, "log", level="ERROR", code=code, description="discarded", context=context)
    store_batch(messages=[note, note], runner=runner)
    assert shown(row) == (state, reason)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"queueItemId": None},
        {"queueItemId": ["x"]},
        {"queueItemId": "x\u0000" * 99},
        {"queueItemId": "x", "fCntDown": "many"},
        {"queueItemId": str(uuid.UUID(int=1)), "fCntDown": 2**70},
    ],
)
def test_events_of_anything_are_stored_and_move_nothing(
    parts: dict[str, Any], device: Device, runner: CodecRunner
) -> None:
    row = DownlinkFactory.create(device=device, state=S.HANDED, remote_id="ours")
    messages = [event(device, kind, **parts) for kind in ("ack", "txack")]
    messages.append(event(device, "log", code="EXPIRED", context=parts))
    assert store_batch(messages=messages, runner=runner).noted == 3
    assert shown(row) == (S.HANDED, "")


def test_another_device_cannot_tell_of_it(device: Device, runner: CodecRunner) -> None:
    row = DownlinkFactory.create(device=device, state=S.HANDED, remote_id=str(uuid.uuid4()))
    other = DeviceFactory.create(trial=device.trial)
    store_batch(messages=[event(other, "txack", queueItemId=row.remote_id)], runner=runner)
    assert shown(row) == (S.HANDED, "")


def test_a_batch_without_such_events_asks_nothing(
    device: Device, runner: CodecRunner, django_assert_num_queries: Any
) -> None:
    ids = [uuid.uuid4() for _ in range(3)]
    now = clock.now()
    status = StoredNote(ids[0], ids[1], now, now, ids[2], device.pk, "status", "", "", {"margin": 3})
    with django_assert_num_queries(0):
        assert notes_to_downlinks(notes=[status]) == 0


def test_news_stored_before_the_name_was_known_is_found(
    device: Device, fake: FakeChirpStack, runner: CodecRunner
) -> None:
    row = queue(device)
    downlink_hand_over(device_id=device.pk)
    row.refresh_from_db()
    Downlink.objects.filter(pk=row.pk).update(remote_id="")
    store_batch(messages=[event(device, "txack", queueItemId=row.remote_id)], runner=runner)
    Downlink.objects.filter(pk=row.pk).update(remote_id=row.remote_id)
    assert Job.objects.filter(kind="telemetry.downlink").count() == 1
    downlink_told_before(downlink_id=row.pk)
    assert shown(row) == (S.SENT, "")


def test_an_answer_that_was_lost_does_not_send_twice(device: Device, fake: FakeChirpStack) -> None:
    fake.fail("DeviceService/Enqueue", grpc.StatusCode.DEADLINE_EXCEEDED, after=True)
    row = queue(device)
    drain()
    assert (shown(row), row.attempts) == ((S.QUEUED, "away"), 1)
    drain(timedelta(minutes=1))
    assert shown(row) == (S.HANDED, "")
    assert [item.id for item in fake.state.queue] == [row.remote_id]


def test_a_crash_before_the_commit_does_not_send_twice(device: Device, fake: FakeChirpStack) -> None:
    row = queue(device)
    downlink_hand_over(device_id=device.pk)
    # What a killed worker leaves: the item at the server, and here nothing of it.
    Downlink.objects.filter(pk=row.pk).update(state=S.QUEUED, remote_id="", taken_at=None)
    downlink_hand_over(device_id=device.pk)
    assert shown(row) == (S.HANDED, "")
    assert [item.id for item in fake.state.queue] == [row.remote_id]


def test_while_the_server_is_away_it_waits_in_order_and_says_so(device: Device, fake: FakeChirpStack) -> None:
    fake.crash_before("DeviceService/GetQueue")
    first, second = queue(device), queue(device, data=b"\x02")
    drain()
    assert (shown(first), shown(second)) == ((S.QUEUED, "away"), (S.QUEUED, ""))
    calls = len(fake.calls)
    drain(timedelta(seconds=5))
    assert len(fake.calls) == calls
    fake.recover()
    drain(timedelta(minutes=1))
    drain(timedelta(minutes=2))
    assert [item.data for item in fake.state.queue] == [b"\x01", b"\x02"]
    assert not Job.objects.filter(state=JobState.QUEUED, kind="devices.downlink").exists()


def test_a_refusal_of_the_server_is_kept_with_its_words(device: Device, fake: FakeChirpStack) -> None:
    del fake.state.devices[device.dev_eui]
    row = queue(device)
    drain()
    assert (shown(row), "does not exist" in row.fault) == ((S.FAILED, "refused"), True)


def test_what_waits_too_long_expires(device: Device, fake: FakeChirpStack) -> None:
    fake.crash_before("DeviceService/GetQueue")
    row = queue(device, expires_at=clock.now() + timedelta(minutes=10))
    drain()
    assert row.state_at(clock.now() + timedelta(minutes=11)) == S.EXPIRED
    downlink_hand_over(device_id=device.pk, now=clock.now() + timedelta(minutes=11))
    assert shown(row) == (S.EXPIRED, "away")
    assert not fake.state.queue


@pytest.mark.parametrize("ready", ["present", "paused_server", "paused_device"])
def test_it_waits_until_the_device_can_be_reached(
    ready: str, device: Device, fake: FakeChirpStack, cast: Cast
) -> None:
    row = queue(device)
    server = NetworkServer.objects.get()
    if ready == "present":
        Provision.objects.update(state="waiting")
    elif ready == "paused_server":
        server_set_state(server=server, state="paused", actor=None)
    else:
        device_set_state(device=device, state=DeviceState.PAUSED, actor=None)
        Provision.objects.update(state="done", wanted="present")
    drain()
    reason = {"present": "not_there", "paused_server": "away", "paused_device": "paused"}[ready]
    assert (shown(row), fake.state.queue) == ((S.QUEUED, reason), [])
    Provision.objects.update(state="done")
    NetworkServer.objects.update(state="active")
    Device.objects.update(state="active")
    drain(timedelta(minutes=6))
    assert shown(row) == (S.HANDED, "")


def test_the_end_of_the_trial_ends_what_waits(device: Device, fake: FakeChirpStack) -> None:
    row = queue(device)
    Trial.objects.update(starts_on="2019-01-01", ends_on="2020-01-01")
    drain()
    assert (shown(row), fake.state.queue) == ((S.FAILED, DownlinkReason.OVER), [])


def test_cancelling_works_until_the_server_has_it(device: Device, fake: FakeChirpStack, cast: Cast) -> None:
    first, second = queue(device), queue(device)
    for _again in range(2):
        downlink_cancel(downlink=first, actor=cast.owner)
    drain()
    assert (shown(first), shown(second)) == ((S.CANCELLED, ""), (S.HANDED, ""))
    assert len(fake.state.queue) == 1
    with pytest.raises(Conflict) as refusal:
        downlink_cancel(downlink=second, actor=cast.owner)
    assert refusal.value.code == "downlink_gone"
    assert AuditEntry.objects.filter(action="downlink.cancel").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": b""}, "data"),
        ({"data": b"x" * 243}, "data"),
        ({"f_port": 0}, "f_port"),
        ({"f_port": 224}, "f_port"),
        ({"expires_at": clock.now()}, "expires_at"),
        ({"expires_at": clock.now() + timedelta(days=8)}, "expires_at"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(changes: dict[str, Any], field: str, device: Device) -> None:
    with pytest.raises(InvalidInput) as refusal:
        queue(device, **changes)
    assert set(refusal.value.fields) == {field}
    assert not Downlink.objects.exists()


def test_only_a_running_device_of_a_running_trial_is_sent_to(device: Device, cast: Cast) -> None:
    def code() -> str:
        with pytest.raises(DomainError) as refusal:
            queue(device)
        return refusal.value.code

    Participant.objects.update(access="read")
    with pytest.raises(NotAllowed):
        queue(device)
    Participant.objects.update(access="manage")
    Provision.objects.all().delete()
    assert code() == "no_server"
    device_retire(device=device, actor=cast.owner)
    assert code() == "device_not_active"
    Trial.objects.update(starts_on="2019-01-01", ends_on="2020-01-01")
    assert code() == "trial_not_running"


def test_the_days_number_refuses_in_words_and_frees_at_midnight(device: Device, cast: Cast) -> None:
    SiteSettings.objects.create(pk=1, downlinks_a_day=2)
    first = queue(device)
    queue(device)
    with pytest.raises(QuotaFull) as refusal:
        queue(device)
    data = refusal.value.data
    assert (refusal.value.code, data["limit"], data["used"], data["free"]) == ("downlinks_full", 2, 2, 0)
    assert data["frees_at"].endswith("T00:00:00+09:00")
    assert "2" in refusal.value.message
    downlink_cancel(downlink=first, actor=cast.owner)
    queue(device)
    # Another device has its own day, another trial its own number.
    queue(standing(DeviceFactory.create(trial=device.trial)))
    downlink_limit_save(limit=DownlinkLimit(trial=device.trial, a_day=3), actor=cast.staff)
    queue(device)
    Downlink.objects.filter(device=device).update(created_at=clock.now() - timedelta(days=1))
    queue(device)
    DownlinkLimit.objects.update(a_day=0)
    with pytest.raises(QuotaFull):
        queue(device)
    assert AuditEntry.objects.filter(action="downlink_limit.save").count() == 1


def test_in_the_demo_the_lamp_is_switched_on_and_answers(cast: Cast, runner: CodecRunner) -> None:
    """The sample server takes it; the simulator sends, answers, and shows the lamp in the next uplink."""
    script = (settings.BASE_DIR / "fixtures" / "codecs" / "girder-lamp.js").read_text(encoding="utf-8")
    name = next(name for name, kind in samples().kinds.items() if kind == "girder")
    model = CodecVersionFactory.create(script=script, model__name=name).model
    trial = TrialFactory.create(organization=cast.organization)
    device = standing(DeviceFactory.create(trial=trial, model=model, dev_eui="02fe000000000999"))
    NetworkServer.objects.update(kind=ServerKind.SAMPLE)
    row = queue(device, confirmed=True)
    drain()
    assert shown(row) == (S.HANDED, "")
    begin = clock.now()

    def play(minutes: int) -> None:
        (played,) = simulated_devices()
        moment = begin + timedelta(minutes=minutes)
        messages = [Incoming(topic, payload, moment) for topic, payload in played._sent(moment)]
        store_batch(messages=messages, runner=runner, now=moment)

    play(10)
    assert shown(row) == (S.SENT, "")
    play(20)
    assert shown(row) == (S.ACKNOWLEDGED, "")
    assert (DeviceLatest.objects.get().values or {})["lamp"] == "on"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_pass_the_days_number_and_are_handed_over_once(fake: FakeChirpStack) -> None:
    device = standing(DeviceFactory.create(), fake)
    DownlinkLimit.objects.create(trial=device.trial, a_day=5)
    results = at_once([lambda: queue(device) for _ in range(16)])
    refused = [result for result in results if isinstance(result, QuotaFull)]
    assert (Downlink.objects.count(), len(refused)) == (5, 11)
    at_once([lambda: downlink_hand_over(device_id=device.pk)] * 5)
    assert (len(fake.state.queue), set(Downlink.objects.values_list("state", flat=True))) == (5, {S.HANDED})
