from __future__ import annotations

import factory

from apps.devices.models import CodecVersion, Device, DeviceModel
from tests.factories.organizations import OrganizationFactory
from tests.factories.trials import TrialFactory


class DeviceModelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeviceModel

    maker = "みほん電機"
    name = factory.Sequence(lambda n: f"WL-{n}")
    fields = factory.LazyFunction(
        lambda: {"level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2}}
    )


class OwnModelFactory(DeviceModelFactory):
    """A company's own model, on one of the city's."""

    organization = factory.SubFactory(OrganizationFactory)
    base = factory.SubFactory(DeviceModelFactory)
    maker = "自社"
    lorawan_version = factory.SelfAttribute("base.lorawan_version")


class CodecVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CodecVersion

    model = factory.SubFactory(DeviceModelFactory)
    version = 1
    script = "function decodeUplink(input) { return { data: { level: input.bytes[0] / 100 } }; }"


class DeviceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Device

    trial = factory.SubFactory(TrialFactory)
    organization = factory.SelfAttribute("trial.organization")
    model = factory.SubFactory(DeviceModelFactory)
    name = factory.Sequence(lambda n: f"WL-{n:02d}")
    dev_eui = factory.Sequence(lambda n: f"70b3d57ed006{n:04x}")
    join_eui = "0000000000000000"
    app_key_encrypted = b"x"
