from __future__ import annotations

import factory
from django.conf import settings

from apps.core.sealing import seal
from apps.network.enums import ServerKind
from apps.network.models import Gateway, NetworkServer


class NetworkServerFactory(factory.django.DjangoModelFactory):
    """Points at nobody; give it the ``address`` and ``tenant`` of a ``FakeChirpStack``."""

    class Meta:
        model = NetworkServer

    name = factory.Sequence(lambda n: f"ChirpStack {n}")
    kind = ServerKind.CHIRPSTACK
    address = "127.0.0.1:1"
    use_tls = False
    tenant = "city"
    deadline_s = 2
    token_encrypted = factory.LazyFunction(lambda: seal(b"fake-token", settings.DEVICE_KEY_SECRETS))


class GatewayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Gateway

    gateway_id = factory.Sequence(lambda n: f"0016c001f153{n:04x}")
    name = factory.Sequence(lambda n: f"中継局{n}")
