"""States in plain words: the rules, and what real ChirpStack events make of a device."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.devices.enums import CodecState, DeviceState, ProvisionState, Wanted
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecVersion, Device, Provision
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.rules.rhythm import Moment, rhythm_of
from apps.telemetry.rules.state_words import WORDS, Code
from apps.telemetry.rules.states import Facts, span_text, state_of
from apps.telemetry.selectors import states_of
from apps.trials.enums import TrialPhase
from apps.trials.models import Trial, TrialQuota
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

NOW = datetime.fromisoformat("2026-11-20T12:00:00+09:00")
MIC = {"code": "UPLINK_MIC", "description": "MIC of join-request is invalid, make sure keys are correct"}
NONCE = {"code": "OTAA", "description": "DevNonce has already been used"}
RESET = {"code": "UPLINK_F_CNT_RESET", "description": "Frame-counter reset or rollover detected"}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def sent(*minutes: float, state: str = "decoded") -> list[Moment]:
    """Uplinks so many minutes ago, the newest first."""
    return [Moment(ago(one), 1000 - number, "00189440", state) for number, one in enumerate(minutes)]


def codes(**facts: Any) -> list[str]:
    return [state.code for state in state_of(Facts(now=NOW, **facts))]


EVERY_TEN = tuple(range(5, 125, 10))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ["waiting_join"]),
        ({"provision": "waiting", "tried_at": ago(2)}, ["server_waiting"]),
        ({"provision": "refused", "fault": "no such profile"}, ["server_refused"]),
        ({"provision": "waiting", "wanted": "absent"}, ["waiting_join"]),
        ({"provision": "done", "provisioned_at": ago(9)}, ["waiting_join"]),
        ({"provision": "done", "provisioned_at": ago(9), "keys_wrong_at": ago(3)}, ["keys_wrong"]),
        ({"provision": "done", "provisioned_at": ago(1), "keys_wrong_at": ago(3)}, ["waiting_join"]),
        ({"provision": "waiting", "keys_wrong_at": ago(3)}, ["server_waiting", "keys_wrong"]),
        ({"nonce_used_at": ago(3)}, ["nonce_used"]),
        ({"nonce_used_at": ago(3), "joined_at": ago(2)}, ["joined"]),
        ({"moved_at": ago(900)}, ["moved"]),
        ({"moved_at": ago(9), "moments": sent(400), "joined_at": ago(500)}, ["moved"]),
        ({"moved_at": ago(9), "joined_at": ago(2)}, ["joined"]),
        ({"moved_at": ago(9), "moments": sent(5)}, ["sending"]),
        ({"moved_at": ago(900), "moments": sent(800)}, ["silent"]),
        ({"moved_at": ago(9), "keys_wrong_at": ago(90)}, ["moved"]),
        ({"moved_at": ago(9), "keys_wrong_at": ago(3)}, ["keys_wrong", "moved"]),
        (
            {"moved_at": ago(9), "provision": "waiting", "provisioned_at": ago(90)},
            ["moved", "change_waiting"],
        ),
        ({"moved_at": ago(9), "provision": "waiting"}, ["server_waiting", "moved"]),
        ({"joined_at": ago(45)}, ["silent"]),
        ({"moments": sent(*EVERY_TEN), "joined_at": ago(200)}, ["sending"]),
        ({"moments": sent(*EVERY_TEN), "joined_at": ago(4.5)}, ["sending"]),
        ({"moments": sent(*EVERY_TEN), "joined_at": ago(2)}, ["joined"]),
        ({"moments": sent(*EVERY_TEN), "keys_wrong_at": ago(200)}, ["sending"]),
        ({"moments": sent(*EVERY_TEN), "counter_reset_at": ago(1)}, ["counter_reset", "sending"]),
        ({"moments": sent(*EVERY_TEN), "provision": "waiting"}, ["change_waiting", "sending"]),
        ({"moments": sent(25)}, ["late"]),
        ({"moments": sent(31)}, ["silent"]),
        ({"moments": sent(31), "provision": "waiting"}, ["server_waiting", "silent"]),
        ({"moments": sent(5, state="failed")}, ["decode_failed", "sending"]),
        ({"moments": sent(5, state="failed"), "codec": "quarantined"}, ["codec_stopped", "sending"]),
        ({"moments": sent(5, state="over_quota")}, ["over_quota", "sending"]),
        ({"moments": sent(60 * 13, state="over_quota")}, ["silent"]),
        ({"moments": sent(5, state="no_codec")}, ["no_codec"]),
        ({"moments": sent(5), "battery": 20.0}, ["battery_low", "sending"]),
        ({"moments": sent(5), "battery": 21.0}, ["sending"]),
        ({"moments": sent(900), "battery": 5.0}, ["silent", "battery_low"]),
        ({"moments": sent(900), "registration": DeviceState.RETIRED}, ["retired"]),
        ({"moments": sent(900), "registration": DeviceState.PAUSED}, ["paused"]),
        ({"moments": sent(900), "trial_phase": TrialPhase.PAUSED}, ["trial_paused"]),
        ({"moments": sent(900), "trial_phase": TrialPhase.STOPPED}, ["trial_over"]),
        ({"trial_phase": TrialPhase.UPCOMING}, ["waiting_join"]),
    ],
)
def test_what_follows_from_the_facts(facts: dict[str, Any], expected: list[str]) -> None:
    assert codes(**facts) == expected


def test_every_state_has_its_words_and_says_what_to_do() -> None:
    assert list(WORDS) == list(Code)
    values = dict.fromkeys(("time", "interval", "model", "fault", "battery"), "x")
    for words in WORDS.values():
        assert str(words.label)
        assert str(words.text) % values
        assert str(words.to_do)


def test_the_sentence_holds_the_moment_and_the_reason() -> None:
    (state,) = state_of(Facts(now=NOW, provision="refused", fault="profile is gone", tried_at=ago(7)))
    assert state.since == ago(7)
    assert state.text.endswith("profile is gone")
    (silent,) = state_of(Facts(now=NOW, moments=sent(*(60 + n for n in EVERY_TEN))))
    assert "10" in silent.text
    (failed, _sending) = state_of(
        Facts(now=NOW, moments=[*sent(5, 15, state="failed"), *sent(25), *sent(35, state="failed")])
    )
    assert failed.since == ago(15)


def test_the_interval_is_learnt_from_the_devices_own_uplinks() -> None:
    assert rhythm_of(sent(5, 10, 15), 600).interval == 600
    learnt = rhythm_of(sent(*range(60, 60 * 9, 60)), 600)
    assert (learnt.interval, learnt.gaps) == (3600, 7)
    assert learnt.silent_after == timedelta(hours=3)
    assert learnt.late_after == timedelta(hours=2)
    quick = rhythm_of(sent(*range(1, 9)), 600)
    assert (quick.silent_after, quick.late_after) == (timedelta(minutes=30), timedelta(minutes=5))


def test_lost_frames_do_not_make_the_interval_longer() -> None:
    """Every second message is lost: the counter tells that two intervals passed."""
    moments = [Moment(ago(20 * n), 1000 - 2 * n, "00189440") for n in range(8)]
    assert rhythm_of(moments, 60).interval == 600
    rejoined = [Moment(ago(10 * n), 0, f"0018944{n}") for n in range(8)]
    assert rhythm_of(rejoined, 60).interval == 600


@pytest.mark.parametrize(("seconds", "words"), [(1, "1"), (90, "2"), (7200, "2"), (200_000, "2"), (0, "1")])
def test_a_stretch_of_time_in_words(seconds: float, words: str) -> None:
    assert words in span_text(seconds)


# From here on with events through the ingest.


@pytest.fixture(scope="module")
def codecs() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def runner(codecs: CodecRunner) -> CodecRunner:
    partitions.forget()
    return codecs


@pytest.fixture
def device(db: None) -> Device:
    return DeviceFactory.create(model=CodecVersionFactory.create().model)


def before(minutes: float) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


def message(device: Device, kind: str, minutes: float, **parts: Any) -> Incoming:
    """An event of ``minutes`` ago as ChirpStack publishes it; ``log`` has no id of its own."""
    whole = uplink_event(device, time=before(minutes))
    if kind != "up":
        names = ("time", "deviceInfo") if kind == "log" else ("time", "deviceInfo", "deduplicationId")
        whole = {name: whole[name] for name in names}
    if kind == "log":
        parts = {"level": "ERROR", "context": {"deduplication_id": str(uuid.uuid4())}, **parts}
    return Incoming(topic_of(device, kind), encoded({**whole, **parts}), clock.now())


def states(device: Device) -> list[str]:
    device = Device.objects.select_related("model").get(pk=device.pk)
    return [state.code for state in states_of([device])[device.pk][1]]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("log", 3, MIC)], ["keys_wrong"]),
        ([("log", 3, NONCE)], ["nonce_used"]),
        ([("log", 3, RESET)], ["counter_reset"]),
        ([("log", 3, {"code": "OTAA", "description": "device is disabled"})], ["waiting_join"]),
        ([("log", 3, {"code": "UNKNOWN", "description": ""})], ["waiting_join"]),
        ([("join", 3, {})], ["joined"]),
        ([("join", 3, {}), ("up", 3, {})], ["sending"]),
        ([("log", 9, MIC), ("join", 3, {}), ("up", 3, {})], ["sending"]),
        ([("log", 3, MIC), ("log", 2, {"code": "UPLINK_F_CNT_RETRANSMISSION"})], ["keys_wrong"]),
        ([("up", 40, {})], ["silent"]),
        ([("up", 3, {"data": ""})], ["decode_failed", "sending"]),
        ([("up", 3, {}), ("status", 3, {"batteryLevel": 12.5, "margin": 7})], ["battery_low", "sending"]),
        ([("up", 3, {}), ("status", 3, {"batteryLevel": 0, "externalPowerSource": True})], ["sending"]),
    ],
)
@pytest.mark.parametrize("order", ["as they were", "turned round"])
def test_what_events_make_of_a_device_in_whatever_order(
    events: list[tuple[str, float, dict[str, Any]]],
    expected: list[str],
    order: str,
    device: Device,
    runner: CodecRunner,
) -> None:
    script = (
        "function decodeUplink(i) { if (!i.bytes.length) { return {errors: ['empty']}; } return {data: {}}; }"
    )
    CodecVersion.objects.filter(model=device.model).update(script=script)
    messages = [message(device, kind, minutes, **parts) for kind, minutes, parts in events]
    for one in messages if order == "as they were" else reversed(messages):
        store_batch(messages=[one], runner=runner)
    assert states(device) == expected


def test_over_the_days_number_and_quarantined(device: Device, runner: CodecRunner) -> None:
    CodecVersion.objects.filter(model=device.model).update(
        state=CodecState.QUARANTINED, stopped_at=before(60)
    )
    store_batch(messages=[message(device, "up", 2)], runner=runner)
    assert states(device) == ["codec_stopped", "sending"]
    CodecVersion.objects.update(state=CodecState.ACTIVE)
    TrialQuota.objects.update_or_create(trial=device.trial, kind="messages", defaults={"granted": 0})
    store_batch(messages=[message(device, "up", 1)], runner=runner)
    assert states(device) == ["over_quota", "sending"]


def test_written_keys_are_on_their_way_then_wait_for_the_join(device: Device, runner: CodecRunner) -> None:
    row = Provision.objects.create(
        device=device, server=NetworkServerFactory.create(), state=ProvisionState.DONE, done_at=before(60)
    )
    store_batch(messages=[message(device, "log", 5, **MIC)], runner=runner)
    assert states(device) == ["keys_wrong"]
    Provision.objects.update(state=ProvisionState.WAITING)
    assert states(device) == ["server_waiting", "keys_wrong"]
    Provision.objects.update(state=ProvisionState.DONE, done_at=clock.now())
    assert states(device) == ["waiting_join"]
    Provision.objects.filter(pk=row.pk).update(
        state=ProvisionState.REFUSED, reason="exists", wanted=Wanted.PRESENT
    )
    assert states(device) == ["server_refused"]


def test_a_paused_trial_and_a_retired_device_are_not_watched(device: Device) -> None:
    Trial.objects.filter(pk=device.trial_id).update(state="paused", paused_on="2020-01-01")
    assert states(device) == ["trial_paused"]
    Device.objects.update(state=DeviceState.RETIRED)
    assert states(device) == ["retired"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_states_of_many_devices_take_as_many_queries(
    rows: int, device: Device, runner: CodecRunner, django_assert_num_queries: Any
) -> None:
    devices = [device, *(DeviceFactory.create(model=device.model) for _n in range(rows - 1))]
    store_batch(messages=[message(one, "up", n) for one in devices for n in range(1, 8)], runner=runner)
    loaded = list(Device.objects.select_related("model"))
    with django_assert_num_queries(5):
        found = states_of(loaded)
    assert {row[1][0].code for row in found.values()} == {Code.SENDING}
    assert {round(row[0].rhythm.interval) for row in found.values()} == {60}
