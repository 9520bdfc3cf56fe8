"""Provisioning when several things happen at the same moment, and when its process is killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
from django.conf import settings
from django.db import connections

from apps.core import clock
from apps.devices.domain import device_register, device_retire
from apps.devices.domain.provision_job import provision_job
from apps.devices.domain.provisioning import JOB
from apps.devices.models import Device, DeviceModel, ModelProfile, Provision
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from apps.outbox.models import Job
from apps.trials.domain.applying import StateEdit, TrialEdit, trial_apply
from apps.trials.enums import TrialState
from apps.trials.models import Trial
from tests.concurrency import at_once
from tests.factories.devices import DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory
from tests.network.fake_chirpstack import FakeChirpStack
from tests.services import managed

pytestmark = pytest.mark.django_db(transaction=True)
EUI, KEY = "70b3d57ed0060001", "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
CREATE, KEYS = "DeviceService/Create", "DeviceService/CreateKeys"


@pytest.fixture
def model(fake: FakeChirpStack) -> DeviceModel:
    server = NetworkServerFactory.create(address=fake.address, tenant=fake.tenant, deadline_s=10)
    model = DeviceModelFactory.create()
    ModelProfile.objects.create(model=model, server=server, profile_id=fake.add_profile())
    return model


@pytest.fixture
def trial() -> Trial:
    return TrialFactory.create(devices=9)


def register(trial: Trial, model: DeviceModel, eui: str = EUI) -> dict[str, Any]:
    """A device; the payload of its job."""
    device_register(
        trial=trial, actor=None, name="WL", dev_eui=eui, join_eui="0" * 16, app_key=KEY, model=model
    )
    return dict(Job.objects.filter(kind=JOB).latest("created_at").payload)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def while_creating(fake: FakeChirpStack, payload: dict[str, Any], act: Callable[[], object]) -> None:
    """Do ``act`` at the moment in which a worker waits for the keys to be made."""
    fake.latency[KEYS] = 0.4

    def work() -> None:
        try:
            provision_job(payload=payload)
        finally:
            connections.close_all()

    worker = Thread(target=work)
    worker.start()
    until(lambda: fake.named(KEYS))
    act()
    assert EUI not in fake.state.keys  # it did not wait for the server
    worker.join(120)
    assert EUI in fake.state.keys


def test_two_workers_with_one_job_make_one_device(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    payload = register(trial, model)
    fake.latency[CREATE] = 0.2
    results = at_once([lambda: provision_job(payload=payload)] * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(fake.named(CREATE)) == len(fake.named(KEYS)) == 1
    outbox_drain()
    assert Provision.objects.get().state == "done"
    assert len(fake.named(CREATE)) == 1


def test_two_devices_of_a_trial_share_one_application(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    payloads = [register(trial, model, f"70b3d57ed006000{n}") for n in range(3)]
    fake.latency["ApplicationService/Create"] = 0.1
    results = at_once([lambda payload=payload: provision_job(payload=payload) for payload in payloads])
    assert results == [None, None, None]
    assert len(fake.state.applications) == 1
    assert len(fake.state.keys) == 3


def test_retiring_while_creating_takes_it_away(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    payload = register(trial, model)
    while_creating(fake, payload, lambda: device_retire(device=Device.objects.get(), actor=None))
    row = Provision.objects.get()
    assert (row.wanted, row.state) == ("absent", "waiting")
    outbox_drain()
    row.refresh_from_db()
    assert (row.state, fake.state.devices) == ("done", {})


def test_a_trial_that_ends_while_creating_switches_it_off(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    payload = register(trial, model)
    edit = TrialEdit(state=StateEdit(TrialState.STOPPED, clock.local_date(), "理由"))
    while_creating(fake, payload, lambda: trial_apply(trial=trial, edit=edit, actor=None))
    outbox_drain()
    row = Provision.objects.get()
    assert (row.wanted, row.state) == ("disabled", "done")
    assert fake.state.devices[EUI].is_disabled


def test_a_process_killed_between_the_two_calls_is_made_good(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, tmp_path: Path
) -> None:
    """A process of its own (-9): what it wrote is undone, its job waits as before."""
    register(trial, model)
    fake.latency[KEYS] = 1
    fake.fail(KEYS, grpc.StatusCode.CANCELLED)  # nobody waits for the answer, and nothing was made
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    with managed("outbox_drain", "--once", log=tmp_path / "log", MACHITRY_DATABASE_URL=url) as process:
        until(lambda: fake.named(KEYS))
        process.kill()
    assert set(fake.state.devices) == {EUI}
    assert fake.state.keys == {}
    row = Provision.objects.get()
    assert (row.state, row.attempts) == ("waiting", 0)
    fake.latency.clear()
    fake.recover()
    outbox_drain()
    row.refresh_from_db()
    assert (row.state, fake.state.keys[EUI].nwk_key) == ("done", KEY)
    assert len(fake.named(CREATE)) == 1
    assert NetworkServer.objects.get().fault == ""
