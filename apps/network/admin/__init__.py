from apps.network.admin.gateway import GatewayAdmin
from apps.network.admin.server import NetworkServerAdmin

__all__ = ["GatewayAdmin", "NetworkServerAdmin"]
