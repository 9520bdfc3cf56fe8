"""The nightly comparison with the network servers, and what staff do with what it finds."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import grpc
import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.devices.domain import device_register, device_retire, drift
from apps.devices.domain.drift import server_compare, servers_compare
from apps.devices.domain.mending import (
    comparison_queue,
    drift_heed,
    drift_ignore,
    drift_mend,
    drifts_mend,
)
from apps.devices.enums import DriftKind
from apps.devices.models import Device, DeviceModel, Drift, ModelProfile, Provision, ServerApplication
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory
from tests.network.fake_chirpstack import FakeChirpStack

pytestmark = pytest.mark.django_db
KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
EUIS = [f"70b3d57ed006000{n}" for n in range(6)]


@pytest.fixture
def server(fake: FakeChirpStack) -> NetworkServer:
    return NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)


@pytest.fixture
def model(fake: FakeChirpStack, server: NetworkServer) -> DeviceModel:
    model = DeviceModelFactory.create()
    ModelProfile.objects.create(model=model, server=server, profile_id=fake.add_profile("ours"))
    return model


@pytest.fixture
def devices(cast: Cast, model: DeviceModel) -> list[Device]:
    """Five that stand on the server."""
    trial = TrialFactory.create(organization=cast.organization, devices=9)
    rows = [_register(trial, model, eui) for eui in EUIS[:5]]
    outbox_drain()
    return rows


def _register(trial: Trial, model: DeviceModel, eui: str) -> Device:
    return device_register(
        trial=trial, actor=None, name=eui[-2:], dev_eui=eui, join_eui="0" * 16, app_key=KEY, model=model
    )


def found() -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for row in Drift.objects.filter(closed_at=None).order_by("dev_eui"):
        rows.setdefault(row.kind, []).append(row.dev_eui)
    return rows


def disturb(fake: FakeChirpStack, devices: list[Device]) -> str:
    """One difference of each kind, and one more device that is unknown here; its application."""
    there = fake.state.devices
    application = there[EUIS[0]].application_id
    del there[EUIS[0]], fake.state.keys[EUIS[0]]
    there[EUIS[1]].device_profile_id = fake.add_profile("another")
    there[EUIS[2]].is_disabled = True
    there[EUIS[3]].application_id = fake.add_application("someone's test")
    del fake.state.keys[EUIS[4]]
    fake.add_device("00000000000000aa", application, next(iter(fake.state.profiles)), name="stray")
    return str(application)


def test_each_difference_is_found_kept_and_mended(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    now = clock.now()
    assert servers_compare() == [server_compare(server=server, actor=None)]
    assert found() == {}
    application = disturb(fake, devices)
    result = server_compare(server=server, actor=None, now=now)
    expected = {
        "missing_there": [EUIS[0], EUIS[4]],
        "other_profile": [EUIS[1]],
        "switched": [EUIS[2]],
        "other_place": [EUIS[3]],
        "unknown_here": ["00000000000000aa"],
    }
    assert found() == expected
    assert (result.devices, result.new, sum(result.kinds.values())) == (5, 6, 6)
    assert Drift.objects.get(kind="other_profile").detail == {"there": "another", "here": "ours"}
    again = server_compare(server=server, actor=None, now=now + timedelta(days=1))
    assert (again.new, again.gone, found()) == (0, 0, expected)
    assert set(Drift.objects.values_list("seen_at", flat=True)) == {now + timedelta(days=1)}

    for kind in DriftKind.values:
        count = len(expected[kind])
        with pytest.raises(Conflict):
            drifts_mend(server=server, kind=kind, expected=count + 1, actor=cast.staff)
        assert drifts_mend(server=server, kind=kind, expected=count, actor=cast.staff) == count
    assert found() == {}
    outbox_drain()
    assert set(fake.state.devices) == set(fake.state.keys) == set(EUIS[:5])
    for eui in EUIS[:5]:
        device = fake.state.devices[eui]
        assert (device.application_id, device.is_disabled) == (application, False)
    assert server_compare(server=server, actor=None).kinds == {}
    assert KEY not in str(list(AuditEntry.objects.values("data")))


def test_what_is_mended_elsewhere_is_closed(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    fake.state.devices[EUIS[2]].is_disabled = True
    server_compare(server=server, actor=None)
    row = Drift.objects.get()
    fake.state.devices[EUIS[2]].is_disabled = False
    assert server_compare(server=server, actor=None).gone == 1
    with pytest.raises(Conflict):
        drift_mend(drift=row, actor=cast.staff)


def test_what_may_stand_is_kept_with_its_reason(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    del fake.state.devices[EUIS[0]], fake.state.keys[EUIS[0]]
    server_compare(server=server, actor=None)
    row = Drift.objects.get()
    with pytest.raises(InvalidInput):
        drift_ignore(drift=row, reason=" ", actor=cast.staff)
    drift_ignore(drift=row, reason="修理中", actor=cast.staff)
    assert drifts_mend(server=server, kind=row.kind, expected=0, actor=cast.staff) == 0
    server_compare(server=server, actor=None)
    row.refresh_from_db()
    assert (row.ignore_reason, row.ignored_by, row.closed_at) == ("修理中", cast.staff, None)
    drift_heed(drift=row, actor=cast.staff)
    drift_mend(drift=row, actor=cast.staff)
    outbox_drain()
    assert EUIS[0] in fake.state.keys


def test_what_is_on_its_way_is_no_difference(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], model: DeviceModel
) -> None:
    _register(devices[0].trial, model, EUIS[5])  # its job has not run
    device_retire(device=devices[0], actor=None)
    server_compare(server=server, actor=None)
    assert found() == {}
    outbox_drain()
    fake.add_device(EUIS[0], fake.state.devices[EUIS[1]].application_id, next(iter(fake.state.profiles)))
    server_compare(server=server, actor=None)
    assert found() == {"unknown_here": [EUIS[0]]}
    assert Drift.objects.get().device == devices[0]


def test_devices_from_before_the_profile_are_listed_and_created(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    model = DeviceModelFactory.create()
    early = _register(devices[0].trial, model, EUIS[5])
    outbox_drain()
    assert not Provision.objects.filter(device=early).exists()
    ModelProfile.objects.create(model=model, server=server, profile_id=fake.add_profile())
    server_compare(server=server, actor=None)
    assert found() == {"missing_there": [EUIS[5]]}
    drift_mend(drift=Drift.objects.get(), actor=cast.staff)
    outbox_drain()
    assert EUIS[5] in fake.state.keys


def test_a_retired_device_during_the_comparison_is_left_for_next_time(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.state.devices[EUIS[2]].is_disabled = True
    before = drift._differences

    def retire_then(*args: object) -> list[drift.Difference]:
        rows = list(before(*args))  # type: ignore[arg-type]
        device_retire(device=devices[2], actor=None)
        return rows

    monkeypatch.setattr(drift, "_differences", retire_then)
    assert server_compare(server=server, actor=None).new == 0


def test_an_application_that_is_gone_there_has_no_devices(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    fake.state.applications.clear()
    fake.state.devices.clear()
    fake.state.keys.clear()
    server_compare(server=server, actor=None)
    assert found() == {"missing_there": EUIS[:5]}
    drifts_mend(server=server, kind="missing_there", expected=5, actor=cast.staff)
    outbox_drain()
    assert set(fake.state.keys) == set(EUIS[:5])
    assert ServerApplication.objects.get().remote_id in fake.state.applications


def test_the_command_tells_and_fails_when_a_server_is_away(
    fake: FakeChirpStack, server: NetworkServer, devices: list[Device], cast: Cast
) -> None:
    disturb(fake, devices)
    out = StringIO()
    call_command("devices_reconcile", "--server", server.name, stdout=out)
    assert "unknown_here 1" in out.getvalue()
    before = found()
    fake.fail("DeviceService/List", grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(CommandError):
        call_command("devices_reconcile", stdout=out)
    assert found() == before
    comparison_queue(server=server, actor=cast.staff)
    outbox_drain()
    server.refresh_from_db()
    assert server.fault == ""
    with pytest.raises(CommandError):
        call_command("devices_reconcile", "--server", "nobody", stdout=out)
