"""Gateways: written by hand, from a file, from a server."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.network.domain.heard import GatewayHeard, heard_add
from apps.network.integrations.base import RemoteGateway
from apps.network.models import Gateway, NetworkServer
from apps.network.rules import GatewayRow
from apps.network.selectors import client_for
from apps.network.selectors.gateways import compare_file

if TYPE_CHECKING:
    from apps.accounts.models import User

#: A report to the server that is older tells nothing new.
REPORTED = timedelta(hours=2)


@dataclass(frozen=True)
class Taken:
    """How many gateways were new, changed, the same, or left alone (of another server, odd id)."""

    new: int
    changed: int
    same: int
    left: int = 0


@transaction.atomic
def gateway_save(*, gateway: Gateway, actor: User | None) -> Gateway:
    """Keep a new or changed gateway."""
    gateway.full_clean()
    gateway.save()
    record(action="gateway.save", actor=actor, target=gateway, data={"gateway_id": gateway.gateway_id})
    return gateway


@transaction.atomic
def gateways_from_file(*, text: str, server: NetworkServer | None, actor: User | None) -> Taken:
    """Take in a file of gateways, all lines or none. An empty cell changes nothing.

    Raises ``InvalidInput`` when a line has faults or the file is none, ``Conflict`` when someone else
    entered one of them at the same moment.
    """
    try:
        compared = compare_file(text)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from None
    if any(found.row.faults for found in compared):
        raise InvalidInput(_("Some lines have faults. Nothing was taken in."))
    count = Counter(found.act for found in compared)
    try:
        with transaction.atomic():
            for found in compared:
                if found.act != "same":
                    _write(
                        found.gateway or Gateway(gateway_id=found.row.gateway_id, server=server), found.row
                    )
    except (IntegrityError, ValidationError):
        raise Conflict(_("Someone else entered one of these gateways just now. Check again.")) from None
    taken = Taken(count["new"], count["changed"], count["same"])
    record(
        action="gateway.import", actor=actor, target=server, data={"new": taken.new, "changed": taken.changed}
    )
    return taken


def _write(gateway: Gateway, row: GatewayRow) -> None:
    gateway.name = row.name
    if row.place_name:
        gateway.place_name = row.place_name
    if row.latitude is not None and row.longitude is not None:
        gateway.place = Point(row.longitude, row.latitude, srid=4326)
    if row.height_m is not None:
        gateway.height_m = row.height_m
    gateway.full_clean()
    gateway.save()


def gateways_from_server(*, server: NetworkServer, actor: User | None) -> Taken:
    """Take in the gateways that ``server`` knows. What staff wrote (name, place) stays; gaps are filled.

    Raises ``ServerAway`` and ``ServerRefused``; then nothing is taken. Call it outside a transaction.
    """
    with client_for(server) as client:
        remote = list(client.gateways())
    with transaction.atomic():
        ids = [found.gateway_id.lower() for found in remote]
        known = {
            row.gateway_id: row for row in Gateway.objects.select_for_update().filter(gateway_id__in=ids)
        }
        count = Counter(_take(server, found, known.get(found.gateway_id.lower())) for found in remote)
        taken = Taken(count["new"], count["changed"], count["same"], count["left"])
        data = {"new": taken.new, "changed": taken.changed}
        record(action="gateway.import", actor=actor, target=server, data=data)
    return taken


def gateways_report(*, server: NetworkServer, now: datetime | None = None) -> int:
    """Count the hour in which each gateway of ``server`` last reported to it; returns how many did.

    Raises ``ServerAway`` and ``ServerRefused``. Call it outside a transaction, once an hour at least.
    """
    now = now or clock.now()
    with client_for(server) as client:
        remote = {found.gateway_id.lower(): found.last_seen_at for found in client.gateways()}
    known = Gateway.objects.filter(gateway_id__in=remote).values_list("gateway_id", flat=True)
    seen = [(name, moment) for name in known if (moment := remote[name]) and moment > now - REPORTED]
    with transaction.atomic(), connection.cursor() as cursor:
        heard: list[GatewayHeard] = [
            (name, int(moment.timestamp()) // 3600, 0, moment.timestamp()) for name, moment in seen
        ]
        heard_add(cursor=cursor, gateways=heard, cells=[])
    return len(seen)


def _take(server: NetworkServer, found: RemoteGateway, gateway: Gateway | None) -> str:
    if gateway is not None and gateway.server_id not in (None, server.pk):
        return "left"
    is_new = gateway is None
    row = gateway or Gateway(gateway_id=found.gateway_id.lower(), name=(found.name or found.gateway_id)[:120])
    before = (row.server_id, row.place, row.last_seen_at)
    row.server = server
    if row.place is None and found.latitude is not None and found.longitude is not None:
        row.place = Point(found.longitude, found.latitude, srid=4326)
    if found.last_seen_at and (row.last_seen_at is None or found.last_seen_at > row.last_seen_at):
        row.last_seen_at = found.last_seen_at
    if not is_new and before == (row.server_id, row.place, row.last_seen_at):
        return "same"
    try:
        row.full_clean(validate_unique=is_new)
    except ValidationError:
        return "left"  # an id that is none: not ours to repair
    row.save()
    return "new" if is_new else "changed"
