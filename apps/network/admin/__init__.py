from apps.network.admin.gateway import GatewayAdmin
from apps.network.admin.server import NetworkServerAdmin
from apps.network.admin.source import IngestSourceAdmin

__all__ = ["GatewayAdmin", "IngestSourceAdmin", "NetworkServerAdmin"]
