"""Writing a batch: one transaction, devices locked in one order, everything from RETURNING."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.telemetry.domain.batch import BatchResult, Dead, NoteRow, Row, as_json, warnings_of
from apps.telemetry.domain.coverage import coverage_add
from apps.telemetry.domain.dead_letter import dead_letters_keep
from apps.telemetry.domain.downlinks import notes_to_downlinks
from apps.telemetry.domain.hours import Heard, HourKey, hour_key, hours_add
from apps.telemetry.domain.news import Fact, news_add
from apps.telemetry.domain.notes import StoredNote, notes_add
from apps.telemetry.domain.repeats import devices_lock, repeats_among, repeats_stored
from apps.telemetry.enums import DecodeState, EventKind

_COLUMNS = (
    "organization_id, deduplication_id, time, received_at, trial_id, device_id, dev_addr, f_cnt, f_port, dr, "
    "frequency, rssi, snr, gateway_count, data, decode_state, values, warnings, codec_id, rx"
)


def _tuple(row: Row) -> tuple[Any, ...]:
    up, target, output = row.uplink, row.target, row.output
    return (
        target.organization_id, up.deduplication_id, up.time, row.message.received_at, target.trial_id,
        target.device_id, up.dev_addr, up.f_cnt, up.f_port, up.dr, up.frequency,
        up.rssi, up.snr, up.gateway_count, up.data, row.state.value, as_json(output.values),
        as_json(warnings_of(output)), target.codec_id, as_json(up.rx),
    )  # fmt: skip


@transaction.atomic
def batch_write(*, rows: Sequence[Row], notes: Sequence[NoteRow], dead: Sequence[Dead]) -> BatchResult:
    """Store everything of a batch; returns what was new."""
    if dead:
        dead_letters_keep(rows=[letter_of(letter) for letter in dead])
    if not rows and not notes:
        return BatchResult(dead=len(dead))
    with connection.cursor() as cursor:
        devices = {row.target.device_id for row in rows} | {row.target.device_id for row in notes}
        devices_lock(cursor=cursor, devices=devices)
        fresh, repeats = _uplinks_add(cursor, rows)
        new = notes_add(cursor=cursor, notes=[*repeats, *(_stored(row) for row in notes)])
        notes_to_downlinks(notes=new)
        news_add(
            cursor=cursor,
            uplinks=(Fact(*row.key) for row in fresh),
            events=(Fact(note.organization_id, note.event_id, note.time) for note in new),
        )
    noted = sum(1 for note in new if note.kind != EventKind.REPEAT)
    repeated = len(rows) - len(fresh) + len(notes) - noted
    return BatchResult(stored=len(fresh), noted=noted, repeated=repeated, dead=len(dead))


def _uplinks_add(cursor: Any, rows: Sequence[Row]) -> tuple[list[Row], list[StoredNote]]:
    """Store the uplinks; gives the rows that were new, and those that came again under a new id."""
    if not rows:
        return [], []
    incoming_fill(cursor=cursor, rows=rows)
    repeats = repeats_among(rows) | repeats_stored(cursor=cursor)
    if repeats:
        cursor.execute("DELETE FROM incoming WHERE n = ANY(%s)", [list(repeats)])
    cursor.execute(_INSERT)
    fresh = [rows[number] for (number,) in cursor.fetchall()]
    hours_add(cursor=cursor, heard=[_heard(row) for row in fresh], at=lambda number: _hour_of(rows[number]))
    coverage_add(cursor=cursor, rows=fresh)
    cursor.execute("DROP TABLE incoming")
    return fresh, [_repeat(rows[number], of) for number, of in repeats.items()]


def incoming_fill(*, cursor: Any, rows: Sequence[Row]) -> None:
    """Make the table ``incoming`` of this transaction, with ``rows``; ``n`` is a row's place among them."""
    cursor.execute("CREATE TEMP TABLE incoming (LIKE telemetry_uplink, n int) ON COMMIT DROP")
    with connection.wrap_database_errors, cursor.copy(f"COPY incoming (n, {_COLUMNS}) FROM STDIN") as copy:
        for number, row in enumerate(rows):
            copy.write_row((number, *_tuple(row)))


def _hour_of(row: Row) -> HourKey:
    return hour_key(row.target.organization_id, row.target.device_id, row.uplink.time)


def _heard(row: Row) -> Heard:
    up, target = row.uplink, row.target
    return Heard(
        organization_id=target.organization_id,
        device_id=target.device_id,
        trial_id=target.trial_id,
        time=up.time,
        dev_addr=up.dev_addr,
        f_cnt=up.f_cnt,
        rssi=up.rssi,
        snr=up.snr,
        gateways=up.gateway_count,
        failed=row.state == DecodeState.FAILED,
        values=row.output.values,
    )


def _repeat(row: Row, of: uuid.UUID) -> StoredNote:
    up = row.uplink
    data = {"of": str(of), "fCnt": up.f_cnt, "rxInfo": up.rx}
    return _note(row, up.deduplication_id, up.time, EventKind.REPEAT.value, "", "", data)


def _stored(row: NoteRow) -> StoredNote:
    note = row.note
    return _note(row, note.event_id, note.time, note.kind, note.level, note.code, note.data)


def _note(
    row: Row | NoteRow, event_id: uuid.UUID, at: datetime, kind: str, level: str, code: str, data: Any
) -> StoredNote:
    target = row.target
    return StoredNote(
        organization_id=target.organization_id,
        event_id=event_id,
        time=at,
        received_at=row.message.received_at,
        trial_id=target.trial_id,
        device_id=target.device_id,
        kind=kind,
        level=level,
        code=code,
        data=data,
    )


#: New rows, then what follows from exactly those: the latest state and the daily count.
_INSERT = f"""
WITH fresh AS (
    INSERT INTO telemetry_uplink ({_COLUMNS})
    SELECT {_COLUMNS} FROM incoming ORDER BY device_id, time
    ON CONFLICT DO NOTHING
    RETURNING organization_id, trial_id, device_id, time, received_at, deduplication_id, f_cnt, rssi, snr, dr,
        decode_state, values
), latest AS (
    INSERT INTO telemetry_devicelatest AS l
        (device_id, time, received_at, deduplication_id, f_cnt, rssi, snr, dr, decode_state, values)
    SELECT DISTINCT ON (device_id)
        device_id, time, received_at, deduplication_id, f_cnt, rssi, snr, dr, decode_state, values
    FROM fresh ORDER BY device_id, time DESC
    ON CONFLICT (device_id) DO UPDATE SET
        time = excluded.time, received_at = excluded.received_at,
        deduplication_id = excluded.deduplication_id, f_cnt = excluded.f_cnt,
        rssi = excluded.rssi, snr = excluded.snr, dr = excluded.dr,
        decode_state = excluded.decode_state, values = excluded.values
    WHERE l.time <= excluded.time
), days AS (
    INSERT INTO telemetry_trialday AS d (trial_id, day, uplinks)
    SELECT trial_id, (time AT TIME ZONE 'Asia/Tokyo')::date AS day, count(*)
    FROM fresh GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (trial_id, day) DO UPDATE SET uplinks = d.uplinks + excluded.uplinks
)
SELECT min(i.n) FROM incoming i JOIN fresh USING (organization_id, deduplication_id, time)
GROUP BY organization_id, deduplication_id, time
"""  # noqa: S608 -- only our own column names are put in


def letter_of(dead: Dead) -> dict[str, Any]:
    return {
        "reason": dead.reason,
        "detail": dead.detail.replace("\u0000", "")[:300],
        "topic": dead.message.topic.replace("\u0000", "")[:300],
        "payload": dead.message.payload,
        "payload_hash": hashlib.sha256(
            dead.message.topic.encode() + b"\n" + dead.message.payload
        ).hexdigest(),
        "dev_eui": dead.dev_eui,
        "withheld": dead.withheld,
        "received_at": dead.message.received_at,
    }
