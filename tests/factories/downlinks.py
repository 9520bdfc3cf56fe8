from __future__ import annotations

from datetime import timedelta

import factory
from chirpstack_api import api

from apps.core import clock
from apps.devices.models import Device, Downlink, Provision
from tests.factories.devices import DeviceFactory
from tests.factories.network import NetworkServerFactory
from tests.network.fake_chirpstack import FakeChirpStack


class DownlinkFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Downlink

    device = factory.SubFactory(DeviceFactory)
    f_port = 10
    data = b"\x01"
    expires_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=1))


def standing(device: Device, fake: FakeChirpStack | None = None) -> Device:
    """``device``, as one that stands on a network server (of ``fake``, if it is to answer)."""
    values = {"address": fake.address, "tenant": fake.tenant} if fake else {}
    server = NetworkServerFactory.create(**values)
    Provision.objects.create(device=device, server=server, state="done", done_at=clock.now())
    if fake:
        fake.state.devices[device.dev_eui] = api.Device(dev_eui=device.dev_eui)
    return device
