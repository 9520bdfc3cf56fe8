"""What devices of an organization sent goes to the one it was merged into."""

from __future__ import annotations

import uuid

from django.db import connection, transaction

from apps.organizations.models import Organization
from apps.telemetry.domain.news import listener_set
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.domain.rewriting import hours_rebuild
from apps.telemetry.models import AlertRule, Dashboard, Listener, News, WebhookEndpoint

#: The same uplink or event of the same device, stored for both: one copy is enough.
_TWICE = """
DELETE FROM {table} g USING {table} k
WHERE g.organization_id = %(gone)s AND k.organization_id = %(keep)s
    AND k.{id} = g.{id} AND k.time = g.time AND k.device_id = g.device_id
"""
#: Should two devices ever share an id and a time, the one that moves gets a new id: nothing is lost.
_MOVE = """
UPDATE {table} g SET organization_id = %(keep)s, {id} = CASE
    WHEN EXISTS (
        SELECT FROM {table} k WHERE k.organization_id = %(keep)s
            AND k.{id} = g.{id} AND k.time = g.time
    ) THEN md5(g.{id}::text || g.organization_id::text)::uuid
    ELSE g.{id} END
WHERE g.organization_id = %(gone)s
"""
#: A batch of the ingest may have counted for the one that is gone after the hours before had moved.
_MEET = """
SELECT g.device_id, g.hour FROM telemetry_devicehour g JOIN telemetry_devicehour k
    ON k.organization_id = %(keep)s AND k.device_id = g.device_id AND k.hour = g.hour
WHERE g.organization_id = %(gone)s
"""
_FORGET = """
DELETE FROM {table} g USING {table} k
WHERE g.organization_id = %(gone)s AND k.organization_id = %(keep)s
    AND k.device_id = g.device_id AND k.{when} = g.{when}
"""
_MOVE_ROWS = "UPDATE {table} SET organization_id = %(keep)s WHERE organization_id = %(gone)s"


@transaction.atomic
def organization_uplinks_move(*, keep: uuid.UUID, gone: uuid.UUID) -> None:
    """Uplinks of ``gone`` become those of ``keep``. Months are partitions by time, so none changes its."""
    both = {"keep": keep, "gone": gone}
    with connection.cursor() as cursor:
        for table, name in (("telemetry_uplink", "deduplication_id"), ("telemetry_deviceevent", "event_id")):
            cursor.execute(_TWICE.format(table=table, id=name), both)
            cursor.execute(_MOVE.format(table=table, id=name), both)
        cursor.execute(_MEET, both)
        meeting = cursor.fetchall()
        if meeting:
            devices_lock(cursor=cursor, devices={device for device, _hour in meeting})
        for table, when in (("telemetry_devicehour", "hour"), ("telemetry_devicemonth", "month")):
            cursor.execute(_FORGET.format(table=table, when=when), both)
            cursor.execute(_MOVE_ROWS.format(table=table), both)
        # Those are open again, so their days are folded anew.
        hours_rebuild(cursor=cursor, keys={(keep, device, hour) for device, hour in meeting})


@transaction.atomic
def organization_outlets_move(*, keep: Organization, gone: Organization) -> None:
    """Webhooks, alerts, dashboards and news of ``gone`` become those of ``keep``."""
    for model in (WebhookEndpoint, AlertRule, Dashboard, News):
        model._default_manager.filter(organization=gone).update(organization=keep)
    known = Listener.objects.filter(organization=gone).first()
    if known is not None:
        wanted = {name: True for name in ("webhooks", "alerts", "topics") if getattr(known, name)}
        listener_set(organization=keep, **wanted)
        known.delete()
