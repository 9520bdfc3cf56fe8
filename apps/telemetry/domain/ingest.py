"""From raw messages to stored uplinks and device events: parse, find the device, decode, store once.

A batch is one transaction. The caller acknowledges to the broker only after ``store_batch`` returned.
Only rows that PostgreSQL really inserted (RETURNING) change the latest state, the rollups and the daily
count, so a message delivered twice counts once.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from django.db import DataError, IntegrityError, connection, transaction

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain.batch import BatchResult, Dead, Incoming, NoteRow, Row
from apps.telemetry.domain.dead_letter import dead_letters_keep
from apps.telemetry.domain.decoding import rows_decode
from apps.telemetry.domain.masking import positions_mask, withhold
from apps.telemetry.domain.partitions import forget, month_of, partitions_ensure
from apps.telemetry.domain.repeats import repeats_among, repeats_stored
from apps.telemetry.domain.writing import batch_write, incoming_fill, letter_of
from apps.telemetry.enums import DeadLetterReason, DecodeState
from apps.telemetry.integrations.chirpstack import MalformedEvent, Note, Uplink
from apps.telemetry.integrations.events import dev_eui_in, event_of
from apps.telemetry.selectors import ingest_holders, messages_used, uplinks_stored

logger = structlog.get_logger(__name__)
#: Events older or newer than this are kept as dead letters.
OLDEST = timedelta(days=400)
NEWEST = timedelta(days=1)
#: What one message may bring about, wherever on its way. It must not come again and again with its batch.
REFUSED = (
    DataError, IntegrityError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError,
    RecursionError,
)  # fmt: skip


def store_batch(
    *, messages: Sequence[Incoming], runner: CodecRunner, now: datetime | None = None
) -> BatchResult:
    """Store ``messages``; returns counts. Raises only what makes a later retry sensible (no database)."""
    now = now or clock.now()
    try:
        return _store(messages, runner, now)
    except REFUSED as error:
        # PostgreSQL's words may repeat what a device sent; the dead letter keeps them, the log must not.
        logger.warning("ingest_batch_split", size=len(messages), error=type(error).__name__)
        forget()  # perhaps a partition was dropped under us
        return _one_by_one(messages, runner, now)


def _store(messages: Sequence[Incoming], runner: CodecRunner, now: datetime) -> BatchResult:
    rows, notes, dead = _sort(messages, now)
    times = [*(row.uplink.time for row in rows), *(row.note.time for row in notes)]
    partitions_ensure(months={month_of(moment) for moment in times})
    _mark_over_quota(rows)
    rows_decode(rows=rows, runner=runner)
    notes, dead = positions_mask(rows=rows, notes=notes, runner=runner), withhold(dead=dead)
    return batch_write(rows=rows, notes=notes, dead=dead)


def _one_by_one(messages: Sequence[Incoming], runner: CodecRunner, now: datetime) -> BatchResult:
    """One event that PostgreSQL refuses must not hold up the others."""
    total = BatchResult()
    for message in messages:
        try:
            total.add(_store([message], runner, now))
        except REFUSED as error:
            logger.warning("ingest_event_refused", error=type(error).__name__)
            total.add(_bury(message, str(error)))
    return total


def _bury(message: Incoming, detail: str) -> BatchResult:
    with transaction.atomic():
        dev_eui = dev_eui_in(message.topic, message.payload)
        letters = withhold(dead=[Dead(message, DeadLetterReason.FAILED, detail, dev_eui)])
        dead_letters_keep(rows=[letter_of(letter) for letter in letters])
    return BatchResult(dead=1)


def _sort(messages: Sequence[Incoming], now: datetime) -> tuple[list[Row], list[NoteRow], list[Dead]]:
    """Messages as uplinks and other events of known devices; the rest as dead letters."""
    parsed: list[tuple[Incoming, Uplink | Note]] = []
    dead: list[Dead] = []
    for message in messages:
        try:
            parsed.append((message, event_of(message.topic, message.payload)))
        except MalformedEvent as error:
            dead.append(
                Dead(
                    message,
                    DeadLetterReason.MALFORMED,
                    str(error),
                    dev_eui_in(message.topic, message.payload),
                )
            )
    holders = ingest_holders({event.dev_eui for _message, event in parsed})
    rows: list[Row] = []
    notes: list[NoteRow] = []
    for message, event in parsed:
        target = holders[event.dev_eui].at(event.time) if event.dev_eui in holders else None
        if target is None:
            dead.append(Dead(message, DeadLetterReason.UNKNOWN_DEVICE, "", event.dev_eui))
        elif not now - OLDEST <= event.time <= now + NEWEST:
            dead.append(Dead(message, DeadLetterReason.TIME_RANGE, event.time.isoformat(), event.dev_eui))
        elif isinstance(event, Uplink):
            rows.append(Row(message, event, target, clock.local_date(event.time)))
        else:
            notes.append(NoteRow(message, event, target))
    return rows, notes, dead


def _mark_over_quota(rows: Sequence[Row]) -> None:
    """Over the day's number of its trial an uplink is stored raw and marked, not decoded."""
    days: dict[tuple[uuid.UUID, date], list[Row]] = defaultdict(list)
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
    seen = _known([row for group in near.values() for row in group])
    for key, group in near.items():
        count = used.get(key, 0)
        for row in group:
            if row.key not in seen:
                seen.add(row.key)
                count += 1
            if count > (row.target.message_quota or 0):
                row.state = DecodeState.OVER_QUOTA


@transaction.atomic
def _known(rows: Sequence[Row]) -> set[tuple[uuid.UUID, uuid.UUID, datetime]]:
    """The keys of those that are stored already, the same frame under another id included."""
    if not rows:
        return set()
    with connection.cursor() as cursor:
        incoming_fill(cursor=cursor, rows=rows)
        repeats = repeats_among(rows) | repeats_stored(cursor=cursor)
        cursor.execute("DROP TABLE incoming")
    return {rows[number].key for number in repeats} | uplinks_stored([row.key for row in rows])
