"""Decoding stored uplinks again: in slices, each one transaction with its place, so a kill costs one slice.

What came over the day's number and what was masked stay as they are. What was decoded and cannot be read by
the new version keeps its values: a new version takes nothing away.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.devices.enums import CodecState
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner
from apps.devices.models import CodecVersion, DeviceModel
from apps.outbox.domain import job_queue
from apps.telemetry.domain.batch import state_of, warnings_of
from apps.telemetry.domain.decoding import codecs_stop
from apps.telemetry.domain.masking import masked_values
from apps.telemetry.domain.rewriting import Rewrite, Stored, uplinks_rewrite
from apps.telemetry.enums import DecodeState, RedecodeState
from apps.telemetry.models import Redecode
from apps.telemetry.selectors.masks import zones_of_trials
from apps.telemetry.selectors.redecode import (
    decoding_codec,
    first_held,
    uplinks_held,
    uplinks_since,
    uplinks_to_redecode,
)

logger = structlog.get_logger(__name__)
#: The outbox job that does a slice and asks to be called again: ``{"redecode": <uuid>}``.
JOB: Final = "telemetry.redecode"
#: Looks once more whether uplinks wait for a codec: ``{"model": <uuid>}``.
HELD_JOB: Final = "telemetry.held"
SLICE: Final = 2000
OPEN: Final = (RedecodeState.WAITING, RedecodeState.RUNNING)
#: From a state to which others.
TRANSITIONS: Final = {
    RedecodeState.WAITING: (RedecodeState.RUNNING, RedecodeState.DONE, RedecodeState.STOPPED),
    RedecodeState.RUNNING: (RedecodeState.DONE, RedecodeState.STOPPED),
}
_TOUCHED: Final = (
    DecodeState.DECODED, DecodeState.NO_CODEC, DecodeState.FAILED, DecodeState.QUARANTINED,
)  # fmt: skip


@transaction.atomic
def redecode_start(
    *, codec: CodecVersion, since: datetime, actor: Any, now: datetime | None = None
) -> Redecode:
    """Have the uplinks since ``since`` decoded with ``codec``, the version that decodes now, by the worker.

    Raises ``InvalidInput`` (a moment to come) and ``Conflict`` (another version decodes; one is under way).
    """
    now = now or clock.now()
    model = DeviceModel.objects.select_for_update().get(pk=codec.model_id)
    if since > now:
        words = _("Choose a moment that has passed.")
        raise InvalidInput(words, fields={"since": [words]})
    current = decoding_codec(model)
    if current != codec or current.state != CodecState.ACTIVE:
        raise Conflict(_("Uplinks can be decoded again only with the version that decodes now."))
    if Redecode.objects.filter(codec__model=model, state__in=OPEN).exists():
        raise Conflict(_("Uplinks of this model are being decoded again already."), code="under_way")
    return _start(codec, since, actor, total=uplinks_since(model.pk, since), only_held=False)


def _start(codec: CodecVersion, since: datetime, actor: Any, *, total: int, only_held: bool) -> Redecode:
    known = actor if getattr(actor, "is_authenticated", False) else None
    redecode = Redecode(codec=codec, since=since, total=total, only_held=only_held, made_by=known)
    redecode.full_clean(exclude=["made_by"])
    redecode.save()
    data = {"since": since.isoformat(), "total": total, "held": only_held}
    record(action="redecode.start", actor=actor, target=redecode, data=data)
    job_queue(kind=JOB, payload={"redecode": str(redecode.pk)})
    return redecode


@transaction.atomic
def redecode_stop(*, redecode: Redecode, actor: Any) -> Redecode:
    """End it where it is; what is done stays."""
    redecode = Redecode.objects.select_for_update().get(pk=redecode.pk)
    if redecode.state not in OPEN:
        raise Conflict(_("It has ended already."))
    _set_state(redecode, RedecodeState.STOPPED)
    record(action="redecode.stop", actor=actor, target=redecode, data={"seen": redecode.seen})
    return redecode


def _set_state(redecode: Redecode, state: RedecodeState) -> None:
    if state not in TRANSITIONS.get(RedecodeState(redecode.state), ()):
        raise Conflict(_("It has ended already."))
    redecode.state = state
    redecode.save()


@transaction.atomic
def held_decode(*, model_id: uuid.UUID, actor: Any = None) -> Redecode | None:
    """Have the uplinks that waited for a stopped codec decoded, if a version decodes again; else None.

    What is under way with a version that does not decode any more is stopped first.
    """
    DeviceModel.objects.select_for_update().get(pk=model_id)
    codec = decoding_codec(model_id)
    ready = codec is not None and codec.state == CodecState.ACTIVE
    for redecode in Redecode.objects.filter(codec__model=model_id, state__in=OPEN).select_for_update():
        if redecode.codec_id != (codec and codec.pk) or not ready:
            _set_state(redecode, RedecodeState.STOPPED)
        elif redecode.only_held:
            return redecode
    since = first_held(model_id) if ready else None
    if codec is None or since is None:
        return None
    return _start(codec, since, actor, total=uplinks_held(model_id), only_held=True)


def redecode_job(payload: dict[str, Any]) -> datetime | None:
    """The job's door: a slice, and again at once until all is done."""
    with CodecRunner() as runner:
        more = redecode_step(redecode_id=uuid.UUID(payload["redecode"]), runner=runner)
    return clock.now() if more else None


def held_job(payload: dict[str, Any]) -> None:
    """The door of ``HELD_JOB``."""
    held_decode(model_id=uuid.UUID(payload["model"]))


@transaction.atomic
def redecode_step(*, redecode_id: uuid.UUID, runner: CodecRunner, size: int = SLICE) -> bool:
    """Decode the next slice; whether there may be more. Safe to call again: its place is kept with it."""
    rows = Redecode.objects.select_for_update(of=("self",)).select_related("codec")
    redecode = rows.filter(pk=redecode_id, state__in=OPEN).first()
    if redecode is None:
        return False
    codec = redecode.codec
    if decoding_codec(codec.model_id) != codec or codec.state != CodecState.ACTIVE:
        _set_state(redecode, RedecodeState.STOPPED)
        return False
    found = uplinks_to_redecode(
        model_id=codec.model_id,
        since=redecode.since,
        after=(redecode.cursor_device, redecode.cursor_time),
        held=redecode.only_held,
        size=size,
    )
    if not found:
        _set_state(redecode, RedecodeState.DONE)
        logger.info("redecode_done", redecode=str(redecode_id), seen=redecode.seen)
        return False
    stored = [Stored(*row[:-1], values=orjson.loads(row[-1] or "null")) for row in found]  # type: ignore[misc]
    return _slice(redecode, codec, stored, runner)


def _slice(redecode: Redecode, codec: CodecVersion, stored: Sequence[Stored], runner: CodecRunner) -> bool:
    own = set(CodecVersion.objects.filter(model=codec.model_id).values_list("pk", flat=True))
    chosen = [row for row in stored if _wanted(row, codec, own)]
    inputs = [CodecInput(row.data, row.f_port, row.time.isoformat()) for row in chosen]
    outputs = runner.decode(str(codec.pk), codec.script, inputs)
    if any(output.failure == "resting" for output in outputs):
        # The version is stopped, and with it (by the signal) this.
        codecs_stop(runner=runner, outputs=outputs)
        return False
    rewrites = _rewrites(codec, list(zip(chosen, outputs, strict=True)))
    with connection.cursor() as cursor:
        uplinks_rewrite(cursor=cursor, rewrites=rewrites)
    redecode.seen += len(stored)
    redecode.failed += sum(1 for output in outputs if output.failure)
    redecode.changed += sum(
        1 for one in rewrites if (one.state, one.values) != (one.stored.decode_state, one.stored.values)
    )
    redecode.cursor_device, redecode.cursor_time = stored[-1].device_id, stored[-1].time
    redecode.state = RedecodeState.RUNNING
    redecode.save()
    return True


def _wanted(row: Stored, codec: CodecVersion, own: set[uuid.UUID]) -> bool:
    """Not what is over the number, masked, read by another model's codec, or done already.

    What another model's codec could not read is tried: the device was given the wrong model first.
    """
    if row.decode_state not in _TOUCHED:
        return False
    if row.codec_id is not None and row.codec_id not in own and row.decode_state == DecodeState.DECODED:
        return False
    return row.codec_id != codec.pk or row.decode_state != DecodeState.DECODED


def _rewrites(codec: CodecVersion, decoded: Sequence[tuple[Stored, CodecOutput]]) -> list[Rewrite]:
    zones = zones_of_trials({row.trial_id for row, _output in decoded}) if decoded else {}
    rewrites = []
    for row, output in decoded:
        if output.failure and row.decode_state == DecodeState.DECODED:
            continue
        kept = None
        if row.trial_id in zones:
            kept = masked_values(output=output, data=row.data, zones=zones[row.trial_id])
        if kept is None:
            state, values, warnings = state_of(output), output.values, warnings_of(output)
            rewrites.append(Rewrite(row, state, codec.pk, values, warnings))
        else:
            rewrites.append(Rewrite(row, DecodeState.MASKED, codec.pk, kept or None, None, b""))
    return rewrites
