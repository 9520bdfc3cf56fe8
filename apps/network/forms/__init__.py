"""Forms of staff for the network."""

from apps.network.forms.gateway import GatewayFileForm, GatewayForm
from apps.network.forms.server import ServerForm

__all__ = ["GatewayFileForm", "GatewayForm", "ServerForm"]
