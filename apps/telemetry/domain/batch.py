"""What the ingest works on: messages, and what they became."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from apps.devices.integrations.codec import CodecOutput
from apps.telemetry.domain.notes import clean_json
from apps.telemetry.enums import DeadLetterReason, DecodeState
from apps.telemetry.integrations import chirpstack
from apps.telemetry.selectors import Target


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
    #: The content is left out, because it may hold a position that must not be kept.
    withheld: bool = False


@dataclass
class BatchResult:
    """What became of a batch: their sum is the number of messages.

    ``stored``: new uplinks. ``noted``: new device events. ``repeated``: what was known already, the same
    frame under a new id included. ``dead``: kept as dead letters.
    """

    stored: int = 0
    noted: int = 0
    repeated: int = 0
    dead: int = 0

    def add(self, other: BatchResult) -> None:
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


@dataclass
class Row:
    """An uplink of a known device on its way into the table."""

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


@dataclass(frozen=True)
class NoteRow:
    """Another event of a known device."""

    message: Incoming
    note: chirpstack.Note
    target: Target


def state_of(output: CodecOutput) -> DecodeState:
    if output.failure == "resting":
        return DecodeState.QUARANTINED
    return DecodeState.FAILED if output.failure else DecodeState.DECODED


def warnings_of(output: CodecOutput) -> list[str] | None:
    """What is kept beside the values: the codec's warnings, or why there are none."""
    if output.failure == "resting":
        return None
    return output.warnings or ([f"{output.failure}: {output.detail}"] if output.failure else None)


def as_json(value: Any) -> str | None:
    if value is None:
        return None
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    if b"\\u0000" in text:
        text = orjson.dumps(clean_json(value), option=orjson.OPT_NON_STR_KEYS)
    return text.decode()
