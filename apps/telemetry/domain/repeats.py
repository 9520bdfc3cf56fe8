"""The same frame under a new id: kept as a repeat, no second reading.

A frame is the same when device, DevAddr, frame counter and payload agree within an hour. That happens
when a server does not check frame counters, or when a broker hands a frame to two of its workers. It is
looked for in the uplinks themselves, through the index (device, frame counter); the devices are locked,
so of two processes that hold the same frame the second sees what the first stored.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from apps.telemetry.domain.batch import Row

WITHIN = timedelta(hours=1)

#: In ``incoming``, the table of a batch.
_FIND = """
SELECT i.n, u.deduplication_id
FROM incoming i CROSS JOIN LATERAL (
    SELECT u.deduplication_id FROM telemetry_uplink u
    WHERE u.device_id = i.device_id AND u.f_cnt = i.f_cnt
        AND u.time BETWEEN i.time - interval '1 hour' AND i.time + interval '1 hour'
        AND u.dev_addr = i.dev_addr AND u.data = i.data AND u.deduplication_id <> i.deduplication_id
    LIMIT 1
) u
"""
_LOCK = "SELECT pg_advisory_xact_lock(%s, k) FROM unnest(%s::int[]) AS k"
#: Names our locks of devices among all advisory locks.
_SPACE = 0x4D55


def devices_lock(*, cursor: Any, devices: Iterable[uuid.UUID]) -> None:
    """Hold ``devices`` until the transaction ends, in one order everywhere, so that nobody waits in a ring.

    The lock is a number of 31 bits: two devices may share one, which only makes one wait for the other.
    """
    keys = sorted({device.int & 0x7FFFFFFF for device in devices})
    cursor.execute(_LOCK, [_SPACE, keys])


def repeats_stored(*, cursor: Any) -> dict[int, uuid.UUID]:
    """Rows of ``incoming`` whose frame is stored under another id: number → that id."""
    cursor.execute(_FIND)
    return dict(cursor.fetchall())


def repeats_among(rows: Sequence[Row]) -> dict[int, uuid.UUID]:
    """Repeats inside one batch; the earlier one holds the reading: number of the row → that one's id."""
    first: dict[tuple[Any, ...], Row] = {}
    found = {}
    for number, row in sorted(enumerate(rows), key=lambda one: one[1].uplink.time):
        up = row.uplink
        key = (row.target.device_id, up.dev_addr, up.f_cnt, up.data)
        known = first.get(key)
        if known is None or up.time - known.uplink.time > WITHIN:
            first[key] = row
        elif known.uplink.deduplication_id != up.deduplication_id:
            found[number] = known.uplink.deduplication_id
    return found
