"""Running codecs (TS013 ``decodeUplink``) in a child process that can be killed.

QuickJS stops a loop by its own clock, but not a regular expression such as ``/(a+)+$/``. So the codec
runs in a child without database, broker or rights; the child answers event by event, and one second of
silence kills it. Only the event it was working on is marked; the rest go to a new child.
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

CHILD = Path(__file__).with_name("codec_child.py")
#: Seconds without an answer after which the child is killed.
SILENCE = 1.0
#: Seconds the child may take to start.
START = 20.0
#: A codec killed this often within ``REST`` seconds is not run until they are over: it holds up everyone.
STRIKES = 3
REST = 600.0
#: Bytes of one answer at most; the child sends far less.
FRAME_LIMIT = 1 << 20


@dataclass(frozen=True)
class CodecInput:
    """One payload for a codec; ``received`` is ISO 8601."""

    payload: bytes
    f_port: int
    received: str


@dataclass(frozen=True)
class CodecOutput:
    """What came out. ``failure`` is empty when it decoded; else timeout, memory, recursion, syntax,
    no_function, not_an_object, too_large, too_deep, error, killed, resting."""

    values: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    failure: str = ""
    detail: str = ""


def output_of(answer: Any) -> CodecOutput:
    """A child's answer, checked: a codec may return anything."""
    if not isinstance(answer, dict):
        return CodecOutput(failure="not_an_object")
    if answer.get("failure"):
        return CodecOutput(failure=str(answer["failure"]), detail=str(answer.get("detail", ""))[:300])
    errors = answer.get("errors")
    if errors:
        return CodecOutput(
            failure="error",
            detail="; ".join(map(str, errors if isinstance(errors, list) else [errors]))[:300],
        )
    data, warnings = answer.get("data"), answer.get("warnings")
    if not isinstance(data, dict):
        return CodecOutput(failure="not_an_object")
    return CodecOutput(
        values=data, warnings=[str(w)[:300] for w in warnings][:20] if isinstance(warnings, list) else []
    )


class CodecRunner:
    """Owns one child. Not thread-safe; each ingest process has its own."""

    def __init__(self, silence: float = SILENCE) -> None:
        self.silence = silence
        self.kills = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()
        self._strikes: dict[str, list[float]] = {}

    def __enter__(self) -> CodecRunner:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the child, kindly or not."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream:
                    stream.close()
        self._process = None
        self._known.clear()

    def decode(self, codec: str, script: str, inputs: Sequence[CodecInput]) -> list[CodecOutput]:
        """Decode ``inputs`` with the codec named ``codec`` (its text is ``script``), in order."""
        outputs: list[CodecOutput] = []
        careful = False
        while len(outputs) < len(inputs):
            rest = inputs[len(outputs) :]
            if self._rests(codec):
                outputs += [CodecOutput(failure="resting", detail="killed too often")] * len(rest)
                break
            answers = self._ask(codec, script, rest, careful)
            outputs += [output_of(answer) for answer in answers]
            if len(answers) < len(rest):
                self.close()
                if careful:
                    self.kills += 1
                    self._strikes.setdefault(codec, []).append(time.monotonic())
                    outputs.append(CodecOutput(failure="killed", detail="silent for too long"))
                # Which event it was shows only when each answer is written at once.
                careful = True
        return outputs

    def _rests(self, codec: str) -> bool:
        since = time.monotonic() - REST
        recent = [moment for moment in self._strikes.get(codec, []) if moment > since]
        if codec in self._strikes:
            self._strikes[codec] = recent
        return len(recent) >= STRIKES

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and file
                [sys.executable, "-I", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                start_new_session=True,
            )
            self._await_ready(self._process)
        return self._process

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Starting does not count as silence: a busy machine may take a while to start Python."""
        assert process.stdin
        assert process.stdout
        exchange = _Exchange(process.stdin.fileno(), process.stdout.fileno(), START)
        if not exchange.run(b"", 1):
            self.close()
            raise ChildProcessError("the codec child did not start")

    def _ask(self, codec: str, script: str, inputs: Sequence[CodecInput], careful: bool) -> list[Any]:
        """The answers that came before the child fell silent or died (all, if it did not)."""
        process = self._start()
        assert process.stdin
        assert process.stdout
        frame: dict[str, Any] = {
            "codec": codec,
            "careful": careful,
            "events": [{"bytes": i.payload.hex(), "fPort": i.f_port, "recvTime": i.received} for i in inputs],
        }
        if codec not in self._known:
            frame["script"] = script
            self._known.add(codec)
        body = orjson.dumps(frame)
        return _Exchange(process.stdin.fileno(), process.stdout.fileno(), self.silence).run(
            struct.pack(">I", len(body)) + body, len(inputs)
        )


class _Exchange:
    """Writes a request and reads answers at the same time, so that full pipes block nobody."""

    def __init__(self, write_to: int, read_from: int, silence: float) -> None:
        self.write_to, self.read_from, self.silence = write_to, read_from, silence
        self.buffer = bytearray()
        os.set_blocking(write_to, False)

    def run(self, request: bytes, expected: int) -> list[Any]:
        answers: list[Any] = []
        heard = time.monotonic()
        pending = memoryview(request)
        while len(answers) < expected:
            left = self.silence - (time.monotonic() - heard)
            if left <= 0:
                break
            readable, writable, _ = select.select(
                [self.read_from], [self.write_to] if pending else [], [], left
            )
            try:
                if writable:
                    pending = pending[os.write(self.write_to, pending[:65536]) :]
                    heard = time.monotonic()
                if readable and not self._read(answers):
                    break
            except (OSError, ValueError):
                break
            if readable:
                heard = time.monotonic()
        return answers

    def _read(self, answers: list[Any]) -> bool:
        """Take what has come; False when the child has closed its end."""
        piece = os.read(self.read_from, 1 << 16)
        self.buffer += piece
        while len(self.buffer) >= 4:
            size = struct.unpack_from(">I", self.buffer)[0]
            if size > FRAME_LIMIT:
                return False
            if len(self.buffer) < 4 + size:
                break
            answers.append(orjson.loads(memoryview(self.buffer)[4 : 4 + size]))
            del self.buffer[: 4 + size]
        return bool(piece)
