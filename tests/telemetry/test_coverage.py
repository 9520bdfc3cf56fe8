"""What the ingest tells of gateways and squares: from new uplinks only, once, and never too exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from apps.calls.enums import PersonalData
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.network.domain.heard import heard_compact
from apps.network.models import CoverageCell, Gateway, GatewayDay, HeardBatch
from apps.telemetry.domain import coverage, partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.models import Uplink
from apps.trials.models import Site
from tests.factories.calls import ApplicationFactory
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.network import GatewayFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
ONE, TWO = "0016c001f153a14c", "0016c001f153a14d"
PLACE, SQUARE = Point(137.2137, 36.7012), "5537014711"
GPS = """function decodeUplink(input) {
  return {data: {latitude: 36.0012 + input.bytes[0] / 100, longitude: 137.2137}};
}"""


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    coverage.forget()
    with CodecRunner() as runner:
        yield runner


def placed(precision: str | None = "point", **values: Any) -> Device:
    device: Device = DeviceFactory.create(**{"place": PLACE, **values})
    if precision:
        Site.objects.create(trial=device.trial, precision=precision)
    return device


def send(runner: CodecRunner, *devices: Device, **changes: Any) -> list[Incoming]:
    messages = [
        Incoming(topic_of(device), encoded(uplink_event(device, **changes)), clock.now())
        for device in devices
    ]
    store_batch(messages=messages, runner=runner)
    return messages


def test_gateways_and_squares_are_counted_from_uplinks(runner: CodecRunner) -> None:
    known = GatewayFactory.create(gateway_id=ONE)
    device = placed()
    at = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 00:30 of the 21st in Japan
    send(runner, device, time=at)
    send(runner, device, time=at + timedelta(hours=3), rxInfo=[{"gatewayId": ONE, "rssi": -120, "snr": 7}])
    assert (HeardBatch.objects.count(), GatewayDay.objects.count()) == (2, 0)
    assert heard_compact() == 2
    assert heard_compact() == 0
    days = {day.gateway_id: day for day in GatewayDay.objects.all()}
    assert [(days[name].uplinks, days[name].hours) for name in (ONE, TWO)] == [(2, 0b1001), (1, 0b1)]
    assert days[ONE].day.isoformat() == "2026-11-21"
    known.refresh_from_db()
    assert known.last_seen_at == at.replace(microsecond=0) + timedelta(hours=3)
    assert not Gateway.objects.filter(gateway_id=TWO).exists()
    cell = CoverageCell.objects.get()
    assert (cell.mesh, cell.shown, cell.observations, cell.gateways) == (SQUARE, "square", 2, 2)
    assert (cell.best_rssi, cell.best_snr) == (-97, 7)


def test_what_comes_twice_counts_once(runner: CodecRunner) -> None:
    device = placed()
    messages = send(runner, device)
    store_batch(messages=messages * 2, runner=runner)
    # The same frame under another id is a repeat, not another observation.
    first = Uplink.objects.get()
    again = uplink_event(device, f_cnt=first.f_cnt, time=first.time + timedelta(seconds=3))
    store_batch(messages=[Incoming(topic_of(device), encoded(again), clock.now())], runner=runner)
    heard_compact()
    assert CoverageCell.objects.get().observations == 1
    assert GatewayDay.objects.get(gateway_id=ONE).uplinks == 1


@pytest.mark.parametrize(
    ("precisions", "shown"),
    [
        (["point"], "square"),
        (["point", "district"], "district"),
        (["point", "hidden", "district"], "staff"),
        ([], "district"),
    ],
)
def test_the_most_private_place_of_a_trial_decides(
    runner: CodecRunner, precisions: list[str], shown: str
) -> None:
    device = placed(None)
    for precision in precisions:
        Site.objects.create(trial=device.trial, precision=precision)
    send(runner, device)
    heard_compact()
    assert CoverageCell.objects.get().shown == shown


def test_a_batch_keeps_what_it_asked_when_another_thread_asks_anew() -> None:
    """Two threads of one process store; the time for which places are believed ends for both."""

    def asked(device: Device) -> Any:
        return coverage._standings([SimpleNamespace(target=SimpleNamespace(device_id=device.pk))])  # type: ignore[list-item]

    one, other = placed(), placed()
    coverage.forget()
    first = asked(one)
    coverage.forget()
    second = asked(other)
    assert (first[one.pk].mesh, second[other.pk].mesh) == (SQUARE, SQUARE)


def test_a_trial_with_personal_data_leaves_no_square(runner: CodecRunner) -> None:
    flagged = ApplicationFactory.create(personal_data=PersonalData.YES)
    trial = TrialFactory.create(application=flagged)
    codec = CodecVersionFactory.create(script=GPS)
    send(runner, placed(trial=trial), placed(trial=trial, model=codec.model, place=None))
    assert HeardBatch.objects.get().cells == "[]"
    heard_compact()
    assert CoverageCell.objects.count() == 0
    assert GatewayDay.objects.get(gateway_id=ONE).uplinks == 2


def test_a_tracker_counts_where_it_says_it_is(runner: CodecRunner) -> None:
    codec = CodecVersionFactory.create(script=GPS)
    tracker = placed(model=codec.model)
    send(runner, tracker, data=bytes([70]))
    send(runner, tracker, data=bytes([80]))
    heard_compact()
    assert set(CoverageCell.objects.values_list("mesh", flat=True)) == {"5537014711", "5537116711"}


def test_no_place_no_gateway_and_odd_ones(runner: CodecRunner) -> None:
    nowhere, abroad = placed(place=None), placed(place=Point(2.35, 48.86))
    send(runner, nowhere, abroad, rxInfo=[{"gatewayId": ["x"]}, {"gatewayId": "short"}, {}, {"gatewayId": 7}])
    send(runner, nowhere, rxInfo=[])
    send(runner, nowhere, rxInfo=[{"gatewayId": ONE.upper()}, {"gatewayId": ONE.upper()}])
    heard_compact()
    assert CoverageCell.objects.count() == 0
    assert GatewayDay.objects.get().uplinks == 1
