"""What devices of an organization sent goes to the one it was merged into."""

from __future__ import annotations

import uuid

from django.db import connection, transaction

#: The same uplink of the same device, stored for both: one copy is enough.
_TWICE = """
DELETE FROM telemetry_uplink g USING telemetry_uplink k
WHERE g.organization_id = %(gone)s AND k.organization_id = %(keep)s
    AND k.deduplication_id = g.deduplication_id AND k.time = g.time AND k.device_id = g.device_id
"""
#: Should two devices ever share an id and a time, the one that moves gets a new id: nothing is lost.
_MOVE = """
UPDATE telemetry_uplink g SET organization_id = %(keep)s, deduplication_id = CASE
    WHEN EXISTS (
        SELECT FROM telemetry_uplink k WHERE k.organization_id = %(keep)s
            AND k.deduplication_id = g.deduplication_id AND k.time = g.time
    ) THEN md5(g.deduplication_id::text || g.organization_id::text)::uuid
    ELSE g.deduplication_id END
WHERE g.organization_id = %(gone)s
"""


@transaction.atomic
def organization_uplinks_move(*, keep: uuid.UUID, gone: uuid.UUID) -> None:
    """Uplinks of ``gone`` become those of ``keep``. Months are partitions by time, so none changes its."""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, {"keep": keep, "gone": gone})
        cursor.execute(_MOVE, {"keep": keep, "gone": gone})
