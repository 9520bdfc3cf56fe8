"""What devices of an organization sent goes to the one it was merged into."""

from __future__ import annotations

import uuid

from django.db import connection, transaction

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


@transaction.atomic
def organization_uplinks_move(*, keep: uuid.UUID, gone: uuid.UUID) -> None:
    """Uplinks of ``gone`` become those of ``keep``. Months are partitions by time, so none changes its."""
    both = {"keep": keep, "gone": gone}
    with connection.cursor() as cursor:
        for table, name in (("telemetry_uplink", "deduplication_id"), ("telemetry_deviceevent", "event_id")):
            cursor.execute(_TWICE.format(table=table, id=name), both)
            cursor.execute(_MOVE.format(table=table, id=name), both)
        # A device belongs to one organization, so its hours meet no other's.
        cursor.execute(
            "UPDATE telemetry_devicehour SET organization_id = %(keep)s WHERE organization_id = %(gone)s",
            both,
        )
