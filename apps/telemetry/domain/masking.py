"""Leaving out what must not be kept: positions inside mask zones of trials with personal data.

Before anything is written. What cannot be read (no codec, a codec that failed) may hold a position too: in
a trial with zones its payload is left out as well, and of messages that are no events only the head is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner
from apps.telemetry.domain.batch import Dead, NoteRow, Row
from apps.telemetry.enums import DeadLetterReason, DecodeState
from apps.telemetry.rules.masks import Zone, unreadable, without_positions, zones_hit, zones_hit_raw
from apps.telemetry.selectors.masks import masked_dev_euis, zones_of_trials

#: A DevEUI anywhere in a message, in whatever form the rest is.
_EUI: Final = re.compile(rb"(?=([0-9A-Fa-f]{16}))")
_LOOKED_AT: Final = 64 * 1024
_MOST: Final = 2_000


def positions_mask(*, rows: Sequence[Row], notes: Sequence[NoteRow], runner: CodecRunner) -> list[NoteRow]:
    """Take positions inside zones out of ``rows`` (in place); returns the notes without theirs. One query."""
    trials = {row.target.trial_id for row in rows} | {row.target.trial_id for row in notes}
    zones = zones_of_trials(trials) if trials else {}
    if not zones:
        return list(notes)
    for row in rows:
        if row.target.trial_id in zones:
            _mask_row(row, zones[row.target.trial_id], runner)
    return [_mask_note(row, zones) for row in notes]


def _mask_row(row: Row, zones: Sequence[Zone], runner: CodecRunner) -> None:
    output = row.output
    if row.state == DecodeState.OVER_QUOTA:
        output = _looked_at(row, runner)
    kept = masked_values(output=output, data=row.uplink.data, zones=zones)
    if kept is None:
        return
    if row.state == DecodeState.OVER_QUOTA:
        kept = {}
    row.uplink = replace(row.uplink, data=b"")
    row.output = CodecOutput(values=kept or None)
    row.state = DecodeState.MASKED


def _looked_at(row: Row, runner: CodecRunner) -> CodecOutput:
    """What an uplink over the day's number says: only to know whether it may be kept."""
    if not row.target.codec_id or row.target.codec_stopped:
        return CodecOutput()
    given = CodecInput(row.uplink.data, row.uplink.f_port, row.uplink.time.isoformat())
    (output,) = runner.decode(str(row.target.codec_id), row.target.script, [given])
    return output


def masked_values(*, output: CodecOutput, data: bytes, zones: Sequence[Zone]) -> dict[str, Any] | None:
    """What may be kept of decoded values when the rest must not be; None when all of it may be kept.

    Also for those who decode stored uplinks again: ``{}`` means that neither values nor payload are kept.
    """
    if not data and not output.values:
        return None
    if output.failure or output.values is None:
        return {}
    texts = [output.values, output.warnings or [], output.detail]
    hit = zones_hit(texts, zones) + zones_hit_raw(data, zones)
    if not hit and not unreadable(output.values):
        return None
    if unreadable(output.values):
        return {}
    return without_positions(output.values, hit) or {}


def _mask_note(row: NoteRow, zones: Mapping[UUID, Sequence[Zone]]) -> NoteRow:
    own = zones.get(row.target.trial_id)
    if not own:
        return row
    hit = zones_hit(row.note.data, own)
    if not hit:
        return row
    left = without_positions(row.note.data, hit) or {}
    return replace(row, note=replace(row.note, data={**left, "masked": True}))


def withhold(*, dead: Iterable[Dead]) -> list[Dead]:
    """``dead``, without the content where it may come from a device of a trial with zones. One query."""
    letters = list(dead)
    if not letters:
        return letters
    named = [_named(letter) for letter in letters]
    masked = masked_dev_euis({dev_eui for names in named for dev_eui in names})
    if not masked:
        return letters
    return [
        _without_content(letter, sorted(names & masked)[0]) if names & masked else letter
        for letter, names in zip(letters, named, strict=True)
    ]


def _named(letter: Dead) -> set[str]:
    """Every DevEUI that a message may name."""
    text = letter.message.topic.encode() + b"\n" + letter.message.payload[:_LOOKED_AT]
    found = {letter.dev_eui} if letter.dev_eui else set()
    for match in _EUI.finditer(text):
        found.add(match[1].decode().lower())
        if len(found) >= _MOST:
            break
    return found


def _without_content(letter: Dead, dev_eui: str) -> Dead:
    detail = "" if letter.reason == DeadLetterReason.FAILED else letter.detail
    message = replace(letter.message, payload=b"")
    return replace(letter, message=message, detail=detail, dev_eui=letter.dev_eui or dev_eui, withheld=True)
