"""From raw messages to stored uplinks: parse, find the device, decode, store once, count, keep the rest.

A batch is one transaction. The caller acknowledges to the broker only after ``store_batch`` returned.
Only rows that PostgreSQL really inserted (RETURNING) change the latest state and the daily count, so a
message delivered twice counts once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import structlog
from django.db import DataError, IntegrityError, connection, transaction

from apps.core import clock
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner
from apps.telemetry.domain.dead_letter import dead_letters_keep
from apps.telemetry.domain.partitions import forget, month_of, partitions_ensure
from apps.telemetry.enums import DeadLetterReason, DecodeState
from apps.telemetry.integrations import chirpstack
from apps.telemetry.integrations.chirpstack import MalformedEvent
from apps.telemetry.selectors import Target, ingest_targets, messages_used, uplinks_stored

logger = structlog.get_logger(__name__)
#: Events older or newer than this are kept as dead letters.
OLDEST = timedelta(days=400)
NEWEST = timedelta(days=1)


@dataclass(frozen=True)
class Incoming:
    """One message as the broker gave it."""

    topic: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True)
class Dead:
    """A message that cannot become an uplink, and why."""

    message: Incoming
    reason: DeadLetterReason
    detail: str
    dev_eui: str = ""


@dataclass
class BatchResult:
    """What became of a batch: their sum is the number of messages."""

    stored: int = 0
    repeated: int = 0
    dead: int = 0
    ignored: int = 0


@dataclass
class _Row:
    message: Incoming
    uplink: chirpstack.Uplink
    target: Target
    day: date
    state: DecodeState = DecodeState.NO_CODEC
    output: CodecOutput = field(default_factory=CodecOutput)

    @property
    def key(self) -> tuple[uuid.UUID, uuid.UUID, datetime]:
        """What identifies the uplink (the primary key)."""
        return self.target.organization_id, self.uplink.deduplication_id, self.uplink.time


def store_batch(
    *, messages: Sequence[Incoming], runner: CodecRunner, now: datetime | None = None
) -> BatchResult:
    """Store ``messages``; returns counts. Raises only what makes a later retry sensible (no database)."""
    now = now or clock.now()
    rows, dead, ignored = _sort(messages, now)
    partitions_ensure(months={month_of(row.uplink.time) for row in rows})
    _mark_over_quota(rows)
    _decode(rows, runner)
    try:
        stored = _write(rows, dead)
    except (DataError, IntegrityError, ValueError, TypeError, RecursionError) as error:
        if len(messages) == 1:
            logger.warning("ingest_event_refused", error=str(error)[:200])
            return _bury(messages[0], str(error))
        logger.warning("ingest_batch_split", size=len(messages), error=str(error)[:200])
        forget()  # perhaps a partition was dropped under us
        return _one_by_one(messages, runner, now)
    return BatchResult(stored=stored, repeated=len(rows) - stored, dead=len(dead), ignored=ignored)


def _one_by_one(messages: Sequence[Incoming], runner: CodecRunner, now: datetime) -> BatchResult:
    """One event that PostgreSQL refuses must not hold up the others."""
    total = BatchResult()
    for message in messages:
        part = store_batch(messages=[message], runner=runner, now=now)
        for name in ("stored", "repeated", "dead", "ignored"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
    return total


def _bury(message: Incoming, detail: str) -> BatchResult:
    with transaction.atomic():
        dead_letters_keep(rows=[_letter(Dead(message, DeadLetterReason.FAILED, detail))])
    return BatchResult(dead=1)


def _sort(messages: Sequence[Incoming], now: datetime) -> tuple[list[_Row], list[Dead], int]:
    """Messages as uplinks of known devices, dead letters, and how many are other kinds of event."""
    parsed: list[tuple[Incoming, chirpstack.Uplink]] = []
    dead: list[Dead] = []
    ignored = 0
    for message in messages:
        try:
            _dev_eui, kind = chirpstack.kind_of(message.topic)
            event = chirpstack.load(message.payload)
            if kind not in chirpstack.KINDS:
                raise MalformedEvent(f"unknown kind of event: {kind}")
            if kind == "up":
                parsed.append((message, chirpstack.uplink_of(message.topic, event)))
            else:
                ignored += 1
        except MalformedEvent as error:
            dead.append(Dead(message, DeadLetterReason.MALFORMED, str(error), _eui_in(message.topic)))
    targets = ingest_targets({uplink.dev_eui for _message, uplink in parsed})
    rows = []
    for message, uplink in parsed:
        target = targets.get(uplink.dev_eui)
        if target is None:
            dead.append(Dead(message, DeadLetterReason.UNKNOWN_DEVICE, "", uplink.dev_eui))
        elif not now - OLDEST <= uplink.time <= now + NEWEST:
            dead.append(Dead(message, DeadLetterReason.TIME_RANGE, uplink.time.isoformat(), uplink.dev_eui))
        else:
            rows.append(_Row(message, uplink, target, clock.local_date(uplink.time)))
    return rows, dead, ignored


def _eui_in(topic: str) -> str:
    try:
        return chirpstack.kind_of(topic)[0]
    except MalformedEvent:
        return ""


def _mark_over_quota(rows: Sequence[_Row]) -> None:
    """Over the day's number of its trial an uplink is stored raw and marked, not decoded."""
    days: dict[tuple[uuid.UUID, date], list[_Row]] = defaultdict(list)
    for row in rows:
        if row.target.message_quota is not None:
            days[row.target.trial_id, row.day].append(row)
    used = messages_used(days)
    near = {
        key: group
        for key, group in days.items()
        if used.get(key, 0) + len(group) > (group[0].target.message_quota or 0)
    }
    # What is stored already, or stands here twice, is no new message.
    seen = uplinks_stored([row.key for group in near.values() for row in group])
    for key, group in near.items():
        count = used.get(key, 0)
        for row in group:
            if row.key not in seen:
                seen.add(row.key)
                count += 1
            if count > (row.target.message_quota or 0):
                row.state = DecodeState.OVER_QUOTA


def _decode(rows: Sequence[_Row], runner: CodecRunner) -> None:
    """Run the codecs, one group for each version."""
    groups: dict[uuid.UUID, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.state != DecodeState.OVER_QUOTA and row.target.codec_id:
            groups[row.target.codec_id].append(row)
    for codec_id, group in groups.items():
        inputs = [CodecInput(r.uplink.data, r.uplink.f_port, r.uplink.time.isoformat()) for r in group]
        for row, output in zip(
            group, runner.decode(str(codec_id), group[0].target.script, inputs), strict=True
        ):
            row.output = output
            row.state = state_of(output)


def state_of(output: CodecOutput) -> DecodeState:
    return DecodeState.FAILED if output.failure else DecodeState.DECODED


def warnings_of(output: CodecOutput) -> list[str] | None:
    """What is kept beside the values: the codec's warnings, or why there are none."""
    return output.warnings or ([f"{output.failure}: {output.detail}"] if output.failure else None)


def clean_json(value: Any) -> Any:
    """``value`` without U+0000, which PostgreSQL's jsonb refuses."""
    if isinstance(value, str):
        return value.replace("\u0000", "")
    if isinstance(value, list):
        return [clean_json(part) for part in value]
    if isinstance(value, dict):
        return {clean_json(name): clean_json(part) for name, part in value.items()}
    return value


def as_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(clean_json(value), option=orjson.OPT_NON_STR_KEYS).decode()


_COLUMNS = (
    "organization_id, deduplication_id, time, received_at, trial_id, device_id, dev_addr, f_cnt, f_port, dr, "
    "frequency, rssi, snr, gateway_count, data, decode_state, values, warnings, codec_id, rx"
)


def _tuple(row: _Row) -> tuple[Any, ...]:
    up, target, output = row.uplink, row.target, row.output
    return (
        target.organization_id, up.deduplication_id, up.time, row.message.received_at, target.trial_id,
        target.device_id, up.dev_addr.replace("\u0000", ""), up.f_cnt, up.f_port, up.dr, up.frequency,
        up.rssi, up.snr, up.gateway_count, up.data, row.state.value, as_json(output.values),
        as_json(warnings_of(output)), target.codec_id, as_json(up.rx),
    )  # fmt: skip


@transaction.atomic
def _write(rows: Sequence[_Row], dead: Sequence[Dead]) -> int:
    """Everything of a batch in one transaction; returns how many uplinks were new."""
    if dead:
        dead_letters_keep(rows=[_letter(letter) for letter in dead])
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming (LIKE telemetry_uplink) ON COMMIT DROP")
        with cursor.copy(f"COPY incoming ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(_tuple(row))
        cursor.execute(_INSERT)
        stored: int = cursor.fetchone()[0]
        cursor.execute("DROP TABLE incoming")
    return stored


#: New rows, then what follows from exactly those: the latest state and the daily count.
_INSERT = f"""
WITH fresh AS (
    INSERT INTO telemetry_uplink ({_COLUMNS})
    SELECT {_COLUMNS} FROM incoming ORDER BY device_id, time
    ON CONFLICT DO NOTHING
    RETURNING trial_id, device_id, time, received_at, deduplication_id, f_cnt, rssi, snr, dr,
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
SELECT count(*) FROM fresh
"""  # noqa: S608 -- only our own column names are put in


def _letter(dead: Dead) -> dict[str, Any]:
    return {
        "reason": dead.reason,
        "detail": dead.detail.replace("\u0000", "")[:300],
        "topic": dead.message.topic.replace("\u0000", "")[:300],
        "payload": dead.message.payload,
        "payload_hash": hashlib.sha256(
            dead.message.topic.encode() + b"\n" + dead.message.payload
        ).hexdigest(),
        "dev_eui": dead.dev_eui,
        "received_at": dead.message.received_at,
    }
