"""Statistics from what was heard: appended by each batch of the ingest, added up by a beat job.

Appending is one row, so that writers never wait for one another. Adding up deletes rows and counts
exactly these in one statement: a crash before its commit leaves both as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection, transaction

from apps.audit.domain import record
from apps.network.models import CoverageCell

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Rows added up in one transaction.
AT_ONCE = 500
#: Only one process adds up at a time (an advisory lock of the transaction).
_LOCK = 0x6E6574_68656172
#: A gateway's ID, an hour since 1970 (UTC), uplinks that it carried then, the last one in seconds.
GatewayHeard = tuple[str, int, int, float]
#: One uplink heard from a square: mesh, ``enums.Shown``, RSSI, SNR, gateways, time in seconds.
CellHeard = tuple[str, str, int | None, float | None, int, float]


def heard_add(*, cursor: Any, gateways: Iterable[GatewayHeard], cells: Sequence[CellHeard]) -> None:
    """Append what was heard, in the caller's transaction. Nothing heard costs nothing."""
    days = list(gateways)
    if days or cells:
        cursor.execute(_APPEND, [orjson.dumps(days).decode(), orjson.dumps(cells).decode()])


def heard_compact() -> int:
    """Add everything appended to the statistics, once; returns how many batches. May run at any time."""
    total = 0
    while taken := _compact_some():
        total += taken
        if taken < AT_ONCE:
            break
    return total


@transaction.atomic
def _compact_some() -> int:
    """At most ``AT_ONCE`` batches; 0 when there are none, or another process is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_COMPACT, [AT_ONCE])
        row: Sequence[int] = cursor.fetchone()
        return row[0]


@transaction.atomic
def cells_forget(*, cells: Sequence[CoverageCell], actor: User | None) -> None:
    """Forget what was heard from ``cells``: counted by mistake, or now too private to be kept."""
    for cell in cells:
        record(
            action="coverage.forget", actor=actor, target=cell, data={"mesh": cell.mesh, "shown": cell.shown}
        )
        cell.delete()


_APPEND = "INSERT INTO network_heardbatch (gateways, cells) VALUES (%s, %s)"
#: Times of the future are those of a clock that goes wrong: nothing was heard later than now.
_COMPACT = """
WITH gone AS (
    DELETE FROM network_heardbatch
    WHERE id IN (SELECT id FROM network_heardbatch ORDER BY id LIMIT %s)
    RETURNING gateways, cells
), hours AS (
    SELECT one->>0 AS g, to_timestamp((one->>1)::bigint * 3600) AT TIME ZONE 'Asia/Tokyo' AS hour,
        (one->>2)::int AS n, least(to_timestamp((one->>3)::float8), now()) AS t
    FROM gone, jsonb_array_elements(gone.gateways::jsonb) AS one
), days AS (
    SELECT g, hour::date AS d, sum(n) AS n, bit_or(1 << extract(hour FROM hour)::int) AS h, max(t) AS t
    FROM hours GROUP BY 1, 2
), seen AS (
    UPDATE network_gateway AS gateway SET last_seen_at = newest.t
    FROM (SELECT g, max(t) AS t FROM days GROUP BY g) AS newest
    WHERE gateway.gateway_id = newest.g
        AND (gateway.last_seen_at IS NULL OR gateway.last_seen_at < newest.t)
), counted AS (
    INSERT INTO network_gatewayday AS old (gateway_id, day, uplinks, hours, last_at)
    SELECT g, d, n, h, t FROM days ORDER BY g, d
    ON CONFLICT (gateway_id, day) DO UPDATE SET
        uplinks = old.uplinks + excluded.uplinks,
        hours = old.hours | excluded.hours,
        last_at = greatest(old.last_at, excluded.last_at)
), heard AS (
    SELECT one->>0 AS m, one->>1 AS s, (one->>2)::smallint AS r, (one->>3)::float8 AS q,
        (one->>4)::smallint AS g, least(to_timestamp((one->>5)::float8), now()) AS t
    FROM gone, jsonb_array_elements(gone.cells::jsonb) AS one
), squares AS (
    INSERT INTO network_coveragecell AS old
        (mesh, shown, observations, best_rssi, best_snr, gateways, first_at, last_at)
    SELECT m, s, count(*), max(r), max(q), max(g), min(t), max(t)
    FROM heard GROUP BY m, s ORDER BY m, s
    ON CONFLICT (mesh, shown) DO UPDATE SET
        observations = old.observations + excluded.observations,
        best_rssi = greatest(old.best_rssi, excluded.best_rssi),
        best_snr = greatest(old.best_snr, excluded.best_snr),
        gateways = greatest(old.gateways, excluded.gateways),
        first_at = least(old.first_at, excluded.first_at),
        last_at = greatest(old.last_at, excluded.last_at)
)
SELECT count(*) FROM gone
"""
