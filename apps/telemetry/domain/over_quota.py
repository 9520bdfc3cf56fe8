"""Decoding what came over the day's number, once staff have raised it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from apps.core import clock
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner
from apps.telemetry.domain.batch import state_of, warnings_of
from apps.telemetry.domain.decoding import HELD
from apps.telemetry.domain.masking import masked_values
from apps.telemetry.domain.rewriting import Rewrite, Stored, uplinks_rewrite
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import Uplink
from apps.telemetry.rules.masks import Zone
from apps.telemetry.selectors import Target, decoded_of_day, targets_of_trial, uplinks_over_quota
from apps.telemetry.selectors.masks import zones_of_trials

#: The outbox job that does this; its payload is ``{"trial": <uuid>}``.
JOB = "telemetry.over_quota"
PART = 500


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
    rewrites = [
        _rewrite(uplink, target, runner, zones.get(target.trial_id))
        for uplink, target in sorted(chosen, key=lambda pair: (pair[0].device_id, pair[0].time))
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        uplinks_rewrite(cursor=cursor, rewrites=rewrites)


def _rewrite(uplink: Uplink, target: Target, runner: CodecRunner, zones: Sequence[Zone] | None) -> Rewrite:
    stored = _stored(uplink)
    output, state = CodecOutput(), DecodeState.NO_CODEC
    if target.codec_id:
        output = HELD if target.codec_stopped else _decoded(stored, target, runner)
        state = state_of(output)
    if zones and (kept := masked_values(output=output, data=stored.data, zones=zones)) is not None:
        return Rewrite(stored, DecodeState.MASKED, target.codec_id, kept or None, None, b"")
    return Rewrite(stored, state, target.codec_id, output.values, warnings_of(output))


def _decoded(stored: Stored, target: Target, runner: CodecRunner) -> CodecOutput:
    given = CodecInput(stored.data, stored.f_port, stored.time.isoformat())
    (output,) = runner.decode(str(target.codec_id), target.script, [given])
    return output


def _stored(uplink: Uplink) -> Stored:
    return Stored(
        organization_id=uplink.organization_id,
        deduplication_id=uplink.deduplication_id,
        time=uplink.time,
        device_id=uplink.device_id,
        trial_id=uplink.trial_id,
        f_port=uplink.f_port,
        data=bytes(uplink.data),
        decode_state=uplink.decode_state,
        codec_id=uplink.codec_id,
        values=uplink.values,
    )
