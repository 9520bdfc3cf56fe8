"""Rows of the table: devices on the network servers, and where the two differ."""

from __future__ import annotations

from typing import Any

from apps.devices.models import Device, Drift, Provision
from tests.architecture.access.network import server
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World
from tests.factories.network import NetworkServerFactory
from tests.factories.provisioning import DriftFactory, ProvisionFactory


def drift(w: World) -> dict[str, Any]:
    return {"pk": (Drift.objects.first() or DriftFactory.create(server=_server(w))).pk}


def provision(w: World) -> dict[str, Any]:
    row = Provision.objects.first()
    if row is None:
        device = Device.objects.filter(provision=None).first()
        row = ProvisionFactory.create(server=_server(w), **({"device": device} if device else {}))
    return {"pk": row.pk}


def _server(w: World) -> Any:
    return NetworkServerFactory._meta.model.objects.get(**server(w))


DONE = STAFF.but(staff=302)
ACT, ON_SERVER = "admin:devices_drift_act", "admin:devices_drift_server"
ROWS: list[Row] = [
    Row("admin:devices_drift_change", STAFF, lambda w: {"object_id": drift(w)["pk"]}),
    Row("admin:devices_drift_changelist", STAFF),
    Row(ACT, STAFF.but(staff=404), drift, method="POST"),
    Row(ACT, STAFF.but(staff=422), drift, method="POST", data=lambda w: {"act": "ignore"}),
    Row(ACT, DONE, drift, method="POST", data=lambda w: {"act": "mend"}),
    Row(ON_SERVER, STAFF.but(staff=404), server, method="POST"),
    Row(ON_SERVER, DONE, server, method="POST", data=lambda w: {"act": "compare"}),
    Row("admin:devices_provision_change", STAFF, lambda w: {"object_id": provision(w)["pk"]}),
    Row("admin:devices_provision_again", DONE, provision, method="POST"),
    Row("admin:devices_provision_again_all", DONE, method="POST"),
]
