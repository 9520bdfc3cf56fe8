"""Running the codecs over a batch. A version that holds up the others is stopped, for every process."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence

from apps.devices.domain import codec_quarantine
from apps.devices.integrations.codec import SLOW, CodecInput, CodecOutput, CodecRunner
from apps.telemetry.domain.batch import Row, state_of
from apps.telemetry.enums import DecodeState

#: What is kept of an uplink whose codec is stopped: nothing but that.
HELD = CodecOutput(failure="resting")


def rows_decode(*, rows: Sequence[Row], runner: CodecRunner) -> None:
    """Decode ``rows`` in place, one group for each version; what came over the day's number is left."""
    groups: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in rows:
        if row.state == DecodeState.OVER_QUOTA or not row.target.codec_id:
            continue
        if row.target.codec_stopped:
            row.output, row.state = HELD, DecodeState.QUARANTINED
        else:
            groups[row.target.codec_id].append(row)
    for codec_id, group in groups.items():
        inputs = [CodecInput(r.uplink.data, r.uplink.f_port, r.uplink.time.isoformat()) for r in group]
        outputs = runner.decode(str(codec_id), group[0].target.script, inputs)
        for row, output in zip(group, outputs, strict=True):
            row.output = output
            row.state = state_of(output)
        codecs_stop(runner=runner, outputs=outputs)


def codecs_stop(*, runner: CodecRunner, outputs: Sequence[CodecOutput]) -> None:
    """Stop the versions of which ``runner`` says that they held up the others; ``outputs`` tell how."""
    for codec in runner.stopped():
        slow = Counter(output.failure or "slow" for output in outputs if _held_up(output))
        fault = ", ".join(f"{failure} × {count}" for failure, count in slow.most_common())
        codec_quarantine(codec_id=uuid.UUID(codec), fault=fault)


def _held_up(output: CodecOutput) -> bool:
    return output.failure == "killed" or (output.ms or 0) >= SLOW * 1000
