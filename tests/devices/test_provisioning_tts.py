"""The same way to The Things Stack: registered, compared, switched off, sent a downlink, taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings

from apps.core import clock
from apps.core.sealing import seal
from apps.devices.domain import device_register, device_retire, device_set_state
from apps.devices.domain.downlink_sending import downlink_hand_over
from apps.devices.domain.drift import server_compare
from apps.devices.enums import DeviceState, DownlinkState
from apps.devices.models import Device, ModelProfile, Provision
from apps.network.enums import ServerKind
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from tests.cast import Cast
from tests.factories.devices import DeviceModelFactory
from tests.factories.downlinks import DownlinkFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory
from tests.network.fake_tts import TOKEN, FakeThingsStack

pytestmark = pytest.mark.django_db
EUI, KEY = "70b3d57ed0060001", "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
WHOLE = ["is", "js", "ns", "as"]


@pytest.fixture
def tts() -> Iterator[FakeThingsStack]:
    with FakeThingsStack() as server:
        yield server


@pytest.fixture
def server(tts: FakeThingsStack) -> NetworkServer:
    token = seal(TOKEN.encode(), settings.DEVICE_KEY_SECRETS)
    return NetworkServerFactory.create(
        kind=ServerKind.TTS, address=tts.address, tenant="", token_encrypted=token
    )


@pytest.fixture
def device(cast: Cast, server: NetworkServer) -> Device:
    model = DeviceModelFactory.create()
    profile = "AS_920_923_LBT/1.0.3/PHY_V1_0_3_REV_A/A"
    ModelProfile.objects.create(model=model, server=server, profile_id=profile)
    trial = TrialFactory.create(organization=cast.organization, devices=9)
    return device_register(
        trial=trial, model=model, name="WL-01", dev_eui=EUI, join_eui="0" * 16, app_key=KEY, actor=None
    )


def drain() -> None:
    NetworkServer.objects.update(checked_at=None)
    outbox_drain(now=clock.now() + timedelta(minutes=1))


def test_a_device_lives_on_the_things_stack(
    tts: FakeThingsStack, server: NetworkServer, device: Device
) -> None:
    tts.crash_before("PUT ns")
    drain()
    assert tts.records(EUI) == ["is", "js"]
    tts.recover()
    drain()
    assert tts.records(EUI) == WHOLE
    assert Provision.objects.get().state == "done"
    assert list(tts.state.applications) == [f"machitry-{device.trial.code.lower()}"]
    same = server_compare(server=server, actor=None)
    assert (same.devices, same.kinds, same.fault) == (1, {}, "")

    device_set_state(device=device, state=DeviceState.PAUSED, actor=None)
    drain()
    assert tts.records(EUI) == ["is", "js", "as"]
    assert server_compare(server=server, actor=None).kinds == {}
    device.refresh_from_db()
    device_set_state(device=device, state=DeviceState.ACTIVE, actor=None)
    drain()
    assert tts.records(EUI) == WHOLE
    device.refresh_from_db()
    device_retire(device=device, actor=None)
    drain()
    assert tts.records(EUI) == []


def test_a_downlink_is_handed_over_under_its_own_name(tts: FakeThingsStack, device: Device) -> None:
    drain()
    row = DownlinkFactory.create(device=device)
    downlink_hand_over(device_id=device.pk)
    row.refresh_from_db()
    assert (row.state, row.remote_id) == (DownlinkState.HANDED, str(row.pk))
    (queued,) = next(iter(tts.state.queue.values()))
    assert f"machitry:{row.pk}" in queued["correlation_ids"]
