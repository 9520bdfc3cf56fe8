"""How to talk to a server."""

from __future__ import annotations

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apps.core.sealing import unseal
from apps.network.enums import ServerKind
from apps.network.integrations.base import Endpoint, Refusal, ServerClient, ServerRefused
from apps.network.integrations.sample.client import SampleClient
from apps.network.models import NetworkServer


def kinds_offered() -> list[tuple[str, str]]:
    """The kinds that staff can enter, as choices."""
    kinds = [ServerKind.CHIRPSTACK, ServerKind.TTS, *([ServerKind.SAMPLE] if settings.DEMO else [])]
    return [(kind.value, str(kind.label)) for kind in kinds]


@sensitive_variables()
def endpoint_of(server: NetworkServer) -> Endpoint:
    """Address, token and deadline of ``server``; raises ``ServerRefused`` if its token cannot be read."""
    if not server.token_encrypted:
        raise ServerRefused("No token is kept for this server.", Refusal.TOKEN)
    try:
        token = unseal(bytes(server.token_encrypted), settings.DEVICE_KEY_SECRETS).decode()
    except InvalidToken:
        raise ServerRefused("The token cannot be read with the present secrets.", Refusal.TOKEN) from None
    return Endpoint(
        address=server.address,
        token=token,
        tenant=server.tenant,
        use_tls=server.use_tls,
        ca_certificate=server.ca_certificate,
        region=server.region,
        deadline_s=server.deadline_s,
    )


def client_for(server: NetworkServer) -> ServerClient:
    """A client of ``server``, to be closed (``with client_for(server) as client:``); see ``base``.

    Raises ``ServerRefused`` if the token cannot be read or the kind is not known.
    """
    endpoint = endpoint_of(server)
    if server.kind == ServerKind.CHIRPSTACK:
        from apps.network.integrations.chirpstack.client import (  # noqa: PLC0415 -- slow import
            ChirpStackClient,
        )

        return ChirpStackClient(endpoint)
    if server.kind == ServerKind.TTS:
        from apps.network.integrations.tts.client import ThingsStackClient  # noqa: PLC0415 -- as above

        return ThingsStackClient(endpoint)
    if server.kind == ServerKind.SAMPLE and settings.DEMO:
        return SampleClient(endpoint)
    raise ServerRefused(f"The portal cannot talk to {server.get_kind_display()} yet.")
