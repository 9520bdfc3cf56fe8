"""Trying out a codec: in a child, never in the web process, and only a few at once. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.devices.enums import Direction
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner, EncodedOutput
from apps.devices.models import CodecExample, DeviceModel
from apps.devices.rules.codec_words import failure_words

#: So many people may try out codecs at the same moment.
TRIALS_MOST: Final = 4
#: Names our locks among all advisory locks.
_SPACE: Final = 0x4D57
CALLS: Final = ("decodeUplink", "encodeDownlink", "decodeDownlink")


@dataclass(frozen=True)
class Tried:
    """What a call gave. ``result``: for people, indented JSON, empty when it failed."""

    call: str
    output: CodecOutput | EncodedOutput
    result: str

    @property
    def words(self) -> str:
        return failure_words(self.output.failure)


@contextmanager
def trial_runner() -> Iterator[CodecRunner]:
    """A child for one person's try; raises ``Conflict`` when too many are at work or none can be had."""
    with transaction.atomic(), connection.cursor() as cursor:
        for place in range(TRIALS_MOST):
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_SPACE, place])
            if cursor.fetchone()[0]:
                break
        else:
            raise Conflict(_("Others are trying out codecs now. Try again in a few seconds."), code="busy")
        try:
            with CodecRunner() as runner:
                yield runner
        except ChildProcessError as error:
            raise Conflict(_("The codec could not be run now. Try again."), code="busy") from error


def codec_try(*, call: str, script: str, given: bytes | dict[str, Any], f_port: int) -> Tried:
    """Call ``call`` of ``script`` once: with bytes to decode, with an object to encode."""
    with trial_runner() as runner:
        if isinstance(given, dict):
            encoded = runner.encode("trial", script, given)
            return _tried(call, encoded, {"bytes": encoded.bytes.hex(" "), "fPort": encoded.f_port})
        payload = CodecInput(given, f_port, clock.now().isoformat())
        if call == "decodeDownlink":
            output = runner.decode_downlink("trial", script, payload)
        else:
            (output,) = runner.decode("trial", script, [payload], careful=True)
        return _tried(call, output, output.values)


def _tried(call: str, output: CodecOutput | EncodedOutput, result: Any) -> Tried:
    text = "" if output.failure else orjson.dumps(result, option=orjson.OPT_INDENT_2).decode()
    return Tried(call, output, text)


def example_of(
    *, model: DeviceModel, name: str, given: bytes | dict[str, Any], f_port: int, tried: Tried
) -> CodecExample:
    """What was tried, with what came out, as an example that is not kept yet.

    Raises ``InvalidInput`` for what no version can be measured by: a codec that hung or broke.
    """
    example = CodecExample(model=model, name=name, f_port=f_port)
    output = tried.output
    if isinstance(output, EncodedOutput) and isinstance(given, dict) and not output.failure:
        example.direction, example.payload = Direction.DOWN, output.bytes.hex()
        example.f_port, example.expected = output.f_port or f_port, {"data": given}
    elif isinstance(output, CodecOutput) and isinstance(given, bytes) and tried.call == "decodeUplink":
        example.payload = given.hex()
        if output.failure not in ("", "error"):
            raise _no_example(failure_words(output.failure))
        example.expected = {"data": output.values, "warnings": output.warnings}
        if output.failure:
            example.expected = {"fails": True}
    else:
        words = (
            failure_words(output.failure) if output.failure else _("Examples test the other two functions.")
        )
        raise _no_example(words)
    return example


def _no_example(words: str) -> InvalidInput:
    text = _("This cannot be an example. %(why)s") % {"why": words}
    return InvalidInput(text, fields={"payload": [text]})
