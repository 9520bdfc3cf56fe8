"""Decoding what came over the day's number, once staff have raised it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from apps.core import clock
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner
from apps.telemetry.domain.batch import as_json, state_of, warnings_of
from apps.telemetry.domain.decoding import HELD
from apps.telemetry.domain.masking import masked_values
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import Uplink
from apps.telemetry.rules.masks import Zone
from apps.telemetry.selectors import Target, decoded_of_day, targets_of_trial, uplinks_over_quota
from apps.telemetry.selectors.masks import zones_of_trials

#: The outbox job that does this; its payload is ``{"trial": <uuid>}``.
JOB = "telemetry.over_quota"
PART = 500

_UPDATE = """
WITH told AS (
    UPDATE telemetry_uplink
    SET decode_state = %(state)s, values = %(values)s, warnings = %(warnings)s, codec_id = %(codec)s,
        data = coalesce(%(data)s::bytea, data)
    WHERE organization_id = %(organization)s AND deduplication_id = %(id)s AND time = %(time)s
        AND decode_state = 'over_quota'
    RETURNING device_id, deduplication_id, decode_state, values
)
UPDATE telemetry_devicelatest l SET decode_state = told.decode_state, values = told.values
FROM told WHERE l.device_id = told.device_id AND l.deduplication_id = told.deduplication_id
"""


def over_quota_job(payload: dict[str, Any]) -> None:
    """The job's door; safe to call twice."""
    with CodecRunner() as runner:
        over_quota_decode(trial_id=uuid.UUID(payload["trial"]), runner=runner)


def over_quota_decode(*, trial_id: uuid.UUID, runner: CodecRunner) -> int:
    """Decode what the number now allows of each day, the earliest first; returns how many."""
    targets = targets_of_trial(trial_id)
    used: Counter[Any] = Counter()
    done = 0
    for part in uplinks_over_quota(trial_id, PART):
        chosen = []
        for uplink in part:
            day, target = clock.local_date(uplink.time), targets.get(uplink.device_id)
            if target is None:
                continue
            if day not in used:
                used[day] = decoded_of_day(trial_id, day)
            if target.message_quota is None or used[day] < target.message_quota:
                used[day] += 1
                chosen.append((uplink, target))
        _decode_and_write(chosen, runner)
        done += len(chosen)
    return done


def _decode_and_write(chosen: list[tuple[Uplink, Target]], runner: CodecRunner) -> None:
    zones = zones_of_trials({target.trial_id for _uplink, target in chosen})
    with transaction.atomic(), connection.cursor() as cursor:
        for uplink, target in sorted(chosen, key=lambda pair: (pair[0].device_id, pair[0].time)):
            cursor.execute(_UPDATE, _changes(uplink, target, runner, zones.get(target.trial_id)))


def _changes(
    uplink: Uplink, target: Target, runner: CodecRunner, zones: Sequence[Zone] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "organization": uplink.organization_id,
        "id": uplink.deduplication_id,
        "time": uplink.time,
        "codec": target.codec_id,
        "state": DecodeState.NO_CODEC.value,
        "values": None,
        "warnings": None,
        "data": None,
    }
    output = CodecOutput()
    if target.codec_id:
        given = CodecInput(bytes(uplink.data), uplink.f_port, uplink.time.isoformat())
        if target.codec_stopped:
            output = HELD
        else:
            (output,) = runner.decode(str(target.codec_id), target.script, [given])
        changes |= {
            "state": state_of(output).value,
            "values": as_json(output.values),
            "warnings": as_json(warnings_of(output)),
        }
    if zones and (kept := masked_values(output=output, data=bytes(uplink.data), zones=zones)) is not None:
        changes |= {
            "state": DecodeState.MASKED.value,
            "values": as_json(kept or None),
            "warnings": None,
            "data": b"",
        }
    return changes
