"""What the simulator publishes is what ChirpStack would: the sample codecs read it, the ingest stores it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from apps.devices.domain import device_register, device_set_state
from apps.devices.enums import DeviceState
from apps.devices.integrations.codec import CodecInput, CodecRunner
from apps.devices.models import Device, ModelProfile
from apps.network.enums import ServerKind
from apps.outbox.domain import outbox_drain
from apps.telemetry.domain.batch import BatchResult, Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.samples import sample_year
from apps.telemetry.integrations.simulator import KINDS, Habit, SimulatedDevice, samples
from apps.telemetry.integrations.simulator.kinds import PUMP_STATES
from apps.telemetry.models import DeviceCondition, DeviceEvent, DeviceHour, DeviceMonth, Uplink
from apps.telemetry.selectors import simulated_devices
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory

FIXTURES = settings.BASE_DIR / "fixtures"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
BEGIN = NOW - timedelta(days=30)


@pytest.fixture(scope="module")
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


def device(
    kind: str = "river", habit: Habit = Habit.STEADY, dev_eui: str = "02fe0000000003ff"
) -> SimulatedDevice:
    return SimulatedDevice(
        dev_eui=dev_eui, name="S", kind=kind, interval=600, application="2026-C06", since=BEGIN, habit=habit
    )


def models() -> list[dict[str, Any]]:
    rows = json.loads((FIXTURES / "demo" / "devices.json").read_text(encoding="utf-8"))["models"]
    return [row for row in rows if "simulates" in row]


def test_every_kind_has_a_sample_model() -> None:
    assert sorted(samples().kinds.values()) == sorted(KINDS)
    assert set(samples().habits.values()) == set(Habit)


@pytest.mark.parametrize("row", models(), ids=lambda row: row["simulates"])
def test_the_sample_codec_reads_what_its_kind_sends(row: dict[str, Any], runner: CodecRunner) -> None:
    script = (FIXTURES / "codecs" / f"{row['codec']}.js").read_text(encoding="utf-8")
    played = device(row["simulates"])
    frames = [played.payload(NOW - timedelta(hours=7 * n)) for n in range(60)]
    outputs = runner.decode(row["codec"], script, [CodecInput(frame, 1, NOW.isoformat()) for frame in frames])
    assert {output.failure for output in outputs} == {""}
    assert all(set(output.values or ()) == set(row["fields"]) for output in outputs)
    garbled = device(row["simulates"], Habit.GARBLED).payload(NOW)
    assert (
        runner.decode(row["codec"], script, [CodecInput(garbled, 1, NOW.isoformat())])[0].failure == "error"
    )


def test_a_pump_shows_all_seven_states() -> None:
    played = device("pump")
    seen = {played.payload(NOW + timedelta(hours=n))[0] for n in range(2000)}
    assert seen == set(range(PUMP_STATES))


def test_a_drifting_sensor_goes_wrong_slowly(runner: CodecRunner) -> None:
    script = (FIXTURES / "codecs" / "net-buoy.js").read_text(encoding="utf-8")
    drifts = device("buoy", Habit.DRIFTS)
    payloads = [drifts.payload(BEGIN), drifts.payload(NOW)]
    first, last = runner.decode("buoy", script, [CodecInput(one, 1, NOW.isoformat()) for one in payloads])
    assert first.values
    assert last.values
    assert last.values["salinity_5m"] < first.values["salinity_5m"] - 0.3


def published(played: SimulatedDevice, hours: float) -> list[Incoming]:
    found = played.messages(NOW - timedelta(hours=hours), NOW, NOW)
    return [Incoming(topic, payload, at) for at, (topic, payload) in found]


def stored(played: SimulatedDevice, runner: CodecRunner, hours: float = 24.0) -> BatchResult:
    codec = CodecVersionFactory.create(script=(FIXTURES / "codecs" / "river-level.js").read_text("utf-8"))
    DeviceFactory.create(dev_eui=played.dev_eui, model=codec.model)
    return store_batch(messages=published(played, hours), runner=runner, now=NOW)


@pytest.mark.django_db
def test_a_steady_device_joins_sends_loses_some_and_repeats_some(runner: CodecRunner) -> None:
    played = device()
    result = stored(played, runner, hours=24 * 25)
    assert result.dead == 0
    assert result.repeated > 10
    assert 0.9 * 144 * 25 < result.stored < 144 * 25
    kinds = set(DeviceEvent.objects.values_list("kind", flat=True))
    assert kinds == {"join", "status", "repeat"}
    assert set(Uplink.objects.values_list("decode_state", flat=True)) == {"decoded"}
    # Played again after a restart it is the same: nothing new.
    again = store_batch(messages=published(played, 24), runner=runner, now=NOW)
    assert (again.stored, again.noted) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("habit", "text"), [(Habit.WRONG_KEY, "MIC"), (Habit.OLD_NONCE, "DevNonce")], ids=["key", "nonce"]
)
def test_a_device_that_is_not_let_in_sends_nothing(habit: Habit, text: str, runner: CodecRunner) -> None:
    result = stored(device(habit=habit), runner)
    assert (result.stored, result.noted, result.dead) == (0, 72, 0)
    assert text in DeviceCondition.objects.get().log_text


@pytest.mark.django_db
def test_the_silent_the_weak_and_the_empty_battery(runner: CodecRunner) -> None:
    assert stored(device(habit=Habit.SILENT), runner).stored < 8 * 6 + 1
    assert Uplink.objects.latest("time").time < NOW - timedelta(hours=15)
    weak = device(habit=Habit.WEAK, dev_eui="02fe0000000003fe")
    assert stored(weak, runner).stored < 0.8 * 144
    heard = Uplink.objects.filter(device_id=Device.objects.get(dev_eui=weak.dev_eui).pk)
    assert all(row.rssi is not None and row.rssi < -115 for row in heard)
    assert stored(device(habit=Habit.BATTERY_LOW, dev_eui="02fe0000000003fd"), runner).noted
    assert DeviceCondition.objects.get(device__dev_eui="02fe0000000003fd").battery == 8.0
    assert published(device(habit=Habit.BOXED), 48) == []


def test_switched_on_it_joins_and_sends_at_once() -> None:
    topics = [topic.rsplit("/", 1)[1] for topic, _payload in device().first(NOW)]
    assert topics == ["join", "up"]


@pytest.mark.django_db
def test_a_visitors_device_is_played_once_the_sample_server_knows_it() -> None:
    model = CodecVersionFactory.create(model__name="WL-10 水位計").model
    server = NetworkServerFactory.create(kind=ServerKind.SAMPLE)
    ModelProfile.objects.create(model=model, server=server, profile_id="sample")
    made = device_register(
        trial=TrialFactory.create(),
        model=model,
        name="W",
        dev_eui="70b3d57ed0060a07",
        join_eui="0" * 16,
        app_key="8f3c2a1b9d4e5f60718293a4b5c6d7e8",
        actor=None,
    )
    assert simulated_devices() == []
    outbox_drain()
    (played,) = simulated_devices()
    assert (played.dev_eui, played.habit, played.since) == (made.dev_eui, Habit.STEADY, made.created_at)
    device_set_state(device=made, state=DeviceState.PAUSED, actor=None)
    assert simulated_devices() == []


@pytest.mark.django_db
def test_a_sample_device_gets_hours_of_a_past_once() -> None:
    """As the demo's year, of two days here; days that ended are folded at once."""
    (row,) = [row for row in models() if row["simulates"] == "river"]
    script = (FIXTURES / "codecs" / f"{row['codec']}.js").read_text(encoding="utf-8")
    model = CodecVersionFactory.create(script=script).model
    model.name = row["name"]
    model.save()
    made = DeviceFactory.create(model=model, dev_eui="02fe000000000101")
    assert sample_year(until=NOW, days=2) == 48
    assert sample_year(until=NOW, days=2) == 0
    hours = DeviceHour.objects.filter(device_id=made.pk)
    assert set(hours.values_list("uplinks", "folded")) == {(2, True)}
    assert len(json.loads(DeviceMonth.objects.get(device_id=made.pk).days)) == 2
