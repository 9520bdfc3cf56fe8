"""Reading the network."""

from apps.network.selectors.servers import client_for, endpoint_of, kinds_offered

__all__ = ["client_for", "endpoint_of", "kinds_offered"]
