"""Devices reach their network server, whole or not at all, however the server and we fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
import pytest
from django.conf import settings

from apps.core import clock
from apps.devices.domain import device_edit, device_register, device_retire, device_set_state
from apps.devices.domain.provision_job import AWAY, KEYS, NO_PROFILE, PAUSED, provision_job
from apps.devices.domain.provisioning import JOB, provision_again, provision_want, provisions_follow
from apps.devices.enums import DeviceState, ProvisionState, Wanted
from apps.devices.models import Device, DeviceModel, ModelProfile, Provision, ServerApplication
from apps.network.domain import server_set_state
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from apps.outbox.enums import JobState
from apps.outbox.models import Job
from apps.trials.domain.applying import StateEdit, TrialEdit, trial_apply
from apps.trials.enums import TrialState
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory
from tests.network.fake_chirpstack import ZEROS, FakeChirpStack

pytestmark = pytest.mark.django_db
EUI, KEY, OTHER = "70b3d57ed0060001", "8f3c2a1b9d4e5f60718293a4b5c6d7e8", "ffeeddccbbaa99887766554433221100"


@pytest.fixture
def server(fake: FakeChirpStack) -> NetworkServer:
    return NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)


@pytest.fixture
def model(fake: FakeChirpStack, server: NetworkServer) -> DeviceModel:
    model = DeviceModelFactory.create()
    ModelProfile.objects.create(model=model, server=server, profile_id=fake.add_profile())
    return model


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, devices=9)


def register(trial: Trial, model: DeviceModel | None, **changes: Any) -> Device:
    values = {
        "name": "WL-01",
        "dev_eui": EUI,
        "join_eui": "0" * 16,
        "app_key": KEY,
        "actor": None,
        **changes,
    }
    return device_register(trial=trial, model=model, **values)


def drain(after: timedelta = timedelta()) -> None:
    outbox_drain(now=clock.now() + after)


def state(device: Device) -> tuple[str, str, str]:
    row = Provision.objects.get(device=device)
    return row.wanted, row.state, row.reason


def test_a_registered_device_stands_on_the_server(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    device = register(trial, model)
    assert state(device) == ("present", "waiting", "")
    drain()
    assert state(device) == ("present", "done", "")
    there = fake.state.devices[EUI]
    assert (there.name, there.is_disabled, there.join_eui) == ("WL-01", False, "0" * 16)
    assert fake.state.keys[EUI].nwk_key == KEY
    assert fake.state.keys[EUI].app_key == ZEROS
    assert fake.state.applications[there.application_id].name == trial.code
    assert ServerApplication.objects.get().remote_id == there.application_id


def test_without_a_server_nothing_is_asked(trial: Trial) -> None:
    for number, model in enumerate((None, DeviceModelFactory.create())):
        device_retire(device=register(trial, model, dev_eui=f"70b3d57ed006000{number}"), actor=None)
    assert not Provision.objects.exists()
    assert not Job.objects.filter(kind=JOB).exists()
