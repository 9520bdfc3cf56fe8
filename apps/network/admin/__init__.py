from apps.network.admin.coverage import CoverageCellAdmin
from apps.network.admin.gateway import GatewayAdmin
from apps.network.admin.server import NetworkServerAdmin
from apps.network.admin.source import IngestSourceAdmin

__all__ = ["CoverageCellAdmin", "GatewayAdmin", "IngestSourceAdmin", "NetworkServerAdmin"]
