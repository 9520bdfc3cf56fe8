"""Rows of the table: network servers and gateways in the admin."""

from __future__ import annotations

from typing import Any

from apps.network.models import NetworkServer
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World
from tests.factories.network import NetworkServerFactory


def server(w: World) -> dict[str, Any]:
    return {"pk": (NetworkServer.objects.first() or NetworkServerFactory.create(state="active")).pk}


DONE = STAFF.but(staff=302)
REFUSED = STAFF.but(staff=422)
CONNECTION, FILE = "admin:network_networkserver_connection", "admin:network_gateway_file"
ACTS: list[Row] = [
    Row(CONNECTION, STAFF, server),
    Row(CONNECTION, STAFF.but(staff=404), server, method="POST"),
    Row(CONNECTION, DONE, server, method="POST", data=lambda w: {"act": "paused"}),
    Row(FILE, STAFF),
    Row(FILE, REFUSED, method="POST"),
    Row("admin:network_gateway_template", STAFF),
]
