"""Statistics from what was heard: appended by each batch of the ingest, added up by a beat job.

Appending is one row, so that writers never wait for one another. Adding up deletes rows and counts
exactly these in one statement: a crash before its commit leaves both as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection, transaction

#: Rows added up in one transaction.
AT_ONCE = 2000
#: Only one process adds up at a time (an advisory lock of the transaction).
_LOCK = 0x6E6574_68656172


@dataclass(slots=True)
class GatewayHeard:
    """What a gateway carried on ``day`` (Asia/Tokyo). ``hours``: bit n is set when it was heard then."""

    gateway_id: str
    day: date
    last_at: datetime
    uplinks: int = 0
    hours: int = 0


@dataclass(slots=True)
class CellHeard:
    """What was heard from a square; ``shown`` as in ``enums.Shown``."""

    mesh: str
    shown: str
    first_at: datetime
    last_at: datetime
    observations: int = 0
    best_rssi: int | None = None
    best_snr: float | None = None
    gateways: int = 0


def heard_add(*, cursor: Any, gateways: Iterable[GatewayHeard], cells: Iterable[CellHeard]) -> None:
    """Append what was heard, in the caller's transaction. Nothing heard costs nothing."""
    days = [
        {"g": row.gateway_id, "d": row.day, "h": row.hours, "n": row.uplinks, "t": row.last_at}
        for row in gateways
    ]
    squares = [
        {
            "m": row.mesh,
            "s": row.shown,
            "n": row.observations,
            "r": row.best_rssi,
            "q": row.best_snr,
            "g": row.gateways,
            "f": row.first_at,
            "t": row.last_at,
        }
        for row in cells
    ]
    if days or squares:
        cursor.execute(_APPEND, [orjson.dumps(days).decode(), orjson.dumps(squares).decode()])


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


_APPEND = "INSERT INTO network_heardbatch (gateways, cells) VALUES (%s::jsonb, %s::jsonb)"
_COMPACT = """
WITH gone AS (
    DELETE FROM network_heardbatch
    WHERE id IN (SELECT id FROM network_heardbatch ORDER BY id LIMIT %s)
    RETURNING gateways, cells
), days AS (
    SELECT g, d, sum(n) AS n, bit_or(h) AS h, max(t) AS t
    FROM gone, jsonb_to_recordset(gone.gateways) AS one(g text, d date, h int, n int, t timestamptz)
    GROUP BY g, d
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
), squares AS (
    INSERT INTO network_coveragecell AS old
        (mesh, shown, observations, best_rssi, best_snr, gateways, first_at, last_at)
    SELECT m, s, sum(n), max(r), max(q), max(g), min(f), max(t)
    FROM gone, jsonb_to_recordset(gone.cells) AS one(
        m text, s text, n int, r smallint, q float8, g smallint, f timestamptz, t timestamptz
    )
    GROUP BY m, s ORDER BY m, s
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
