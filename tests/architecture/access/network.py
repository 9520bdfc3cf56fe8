"""Rows of the table: network servers and gateways in the admin."""

from __future__ import annotations

from typing import Any

from apps.network.domain.sources import source_make
from apps.network.models import IngestSource, NetworkServer
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World
from tests.factories.network import NetworkServerFactory


def server(w: World) -> dict[str, Any]:
    return {"pk": (NetworkServer.objects.first() or NetworkServerFactory.create(state="active")).pk}


def source(w: World) -> dict[str, Any]:
    found = IngestSource.objects.first()
    return {"pk": (found or source_make(server=NetworkServerFactory.create(), name="x", actor=None)[0]).pk}


DONE = STAFF.but(staff=302)
REFUSED = STAFF.but(staff=422)
SECRET = "admin:network_ingestsource_secret"
CONNECTION, FILE = "admin:network_networkserver_connection", "admin:network_gateway_file"
ACTS: list[Row] = [
    Row(CONNECTION, STAFF, server),
    Row(CONNECTION, STAFF.but(staff=404), server, method="POST"),
    Row(CONNECTION, DONE, server, method="POST", data=lambda w: {"act": "paused"}),
    Row(FILE, STAFF),
    Row(FILE, REFUSED, method="POST"),
    Row("admin:network_gateway_template", STAFF),
    Row("admin:network_map", STAFF),
    Row(SECRET, STAFF, source),
    Row(SECRET, STAFF.but(staff=404), source, method="POST"),
    Row(SECRET, STAFF, source, method="POST", data=lambda w: {"act": "rotate"}),
]
