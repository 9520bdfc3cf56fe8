"""Writes of the network."""

from apps.network.domain.gateways import gateway_save, gateways_from_file, gateways_from_server
from apps.network.domain.servers import server_heard, server_save, server_set_state, server_test

__all__ = [
    "gateway_save",
    "gateways_from_file",
    "gateways_from_server",
    "server_heard",
    "server_save",
    "server_set_state",
    "server_test",
]
