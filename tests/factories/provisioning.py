from __future__ import annotations

import factory

from apps.core import clock
from apps.devices.enums import DriftKind
from apps.devices.models import Drift, ModelProfile, Provision
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.network import NetworkServerFactory


class ModelProfileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ModelProfile

    model = factory.SubFactory(DeviceModelFactory)
    server = factory.SubFactory(NetworkServerFactory)
    profile_id = "00000000-0000-4000-8000-000000000001"


class ProvisionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Provision

    device = factory.SubFactory(DeviceFactory)
    server = factory.SubFactory(NetworkServerFactory)


class DriftFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Drift

    server = factory.SubFactory(NetworkServerFactory)
    dev_eui = factory.Sequence(lambda n: f"70b3d57ed007{n:04x}")
    kind = DriftKind.UNKNOWN_HERE
    seen_at = factory.LazyFunction(clock.now)
