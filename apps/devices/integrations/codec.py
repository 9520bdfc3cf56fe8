"""Running codecs (LoRa Alliance TS013) in a child process that can be killed.

QuickJS stops a loop by its own clock, but not a regular expression such as ``/(a+)+$/``. So the codec
runs in a child without database, broker or rights; the child answers event by event, and one second of
silence kills it. Only the event it was working on is marked; the rest go to a new child.
"""

from __future__ import annotations

import builtins
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
#: How often it is started before that is an error: it may be killed while it starts.
STARTS = 3
#: A codec that was killed this often within ``WITHIN`` seconds is not run any more: it holds up everyone.
STRIKES = 3
WITHIN = 600.0
#: A call that takes so many seconds counts as time taken from the others, a kill as the silence before it.
SLOW = 0.05
#: Characters of codecs' texts after which a child makes room for a new one: versions are many over the weeks.
TEXTS_MOST = 32_000_000
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
    no_function, not_an_object, too_large, too_deep, error, killed, resting. ``ms`` of CPU: when it was asked
    for, or when it was long."""

    values: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    failure: str = ""
    detail: str = ""
    ms: float | None = None


@dataclass(frozen=True)
class EncodedOutput:
    """What ``encodeDownlink`` made. ``f_port`` is None when the codec named none. ``failure`` as in
    ``CodecOutput``, or ``not_bytes`` (no list of 0–255), ``bad_port`` (not 1–223)."""

    bytes: builtins.bytes = b""
    f_port: int | None = None
    warnings: list[str] = field(default_factory=list)
    failure: str = ""
    detail: str = ""
    ms: float | None = None


def output_of(answer: Any) -> CodecOutput:
    """A child's answer, checked: a codec may return anything."""
    fault = _fault_of(answer)
    if fault is not None:
        return CodecOutput(failure=fault[0], detail=fault[1], ms=_ms_of(answer))
    data, ms = answer.get("data"), _ms_of(answer)
    if not isinstance(data, dict):
        return CodecOutput(failure="not_an_object", ms=ms)
    return CodecOutput(values=data, warnings=_warnings_of(answer), ms=ms)


def encoded_of(answer: Any) -> EncodedOutput:
    """A child's answer to ``encodeDownlink``, checked likewise."""
    ms, fault = _ms_of(answer), _fault_of(answer)
    if fault is not None:
        return EncodedOutput(failure=fault[0], detail=fault[1], ms=ms)
    data, port = answer.get("bytes"), answer.get("fPort")
    if not isinstance(data, list) or not all(type(one) is int and 0 <= one <= 255 for one in data):
        return EncodedOutput(failure="not_bytes", detail=repr(data)[:300], ms=ms)
    if port is not None and not (type(port) is int and 1 <= port <= 223):
        return EncodedOutput(failure="bad_port", detail=repr(port)[:300], ms=ms)
    return EncodedOutput(builtins.bytes(data), port, _warnings_of(answer), ms=ms)


def _fault_of(answer: Any) -> tuple[str, str] | None:
    """(failure, detail) of an answer that is no result; None when it may be one."""
    if not isinstance(answer, dict):
        return "not_an_object", ""
    if answer.get("failure"):
        return str(answer["failure"])[:20], str(answer.get("detail", ""))[:300]
    errors = answer.get("errors")
    if errors:
        return "error", "; ".join(map(str, errors if isinstance(errors, list) else [errors]))[:300]
    return None


def _warnings_of(answer: dict[str, Any]) -> list[str]:
    warnings = answer.get("warnings")
    return [str(one)[:300] for one in warnings][:20] if isinstance(warnings, list) else []


def _ms_of(answer: Any) -> float | None:
    ms = answer.get("ms") if isinstance(answer, dict) else None
    return float(ms) if isinstance(ms, int | float) else None


def _new_child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- our own interpreter and file
        [sys.executable, "-I", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )


class CodecRunner:
    """Owns one child. Not thread-safe; each ingest process has its own."""

    def __init__(self, silence: float = SILENCE) -> None:
        self.silence = silence
        self.kills = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()
        #: Characters of the texts that the child holds.
        self._given = 0
        #: Seconds that each codec took from the others: (when, how many).
        self._lost: dict[str, list[tuple[float, float]]] = {}

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
        self._given = 0

    def decode(
        self, codec: str, script: str, inputs: Sequence[CodecInput], *, careful: bool = False
    ) -> list[CodecOutput]:
        """Decode ``inputs`` with the codec named ``codec`` (its text is ``script``), in order.

        ``careful``: each output says how long it took; slower, for a few payloads.
        """
        events = [{"bytes": i.payload.hex(), "fPort": i.f_port, "recvTime": i.received} for i in inputs]
        return [output_of(answer) for answer in self._call("decodeUplink", codec, script, events, careful)]

    def decode_downlink(self, codec: str, script: str, given: CodecInput) -> CodecOutput:
        """What the bytes of a downlink mean (``decodeDownlink``)."""
        event = {"bytes": given.payload.hex(), "fPort": given.f_port, "recvTime": given.received}
        return output_of(self._call("decodeDownlink", codec, script, [event], careful=True)[0])

    def encode(self, codec: str, script: str, data: dict[str, Any]) -> EncodedOutput:
        """The bytes that ``encodeDownlink`` makes of ``data`` (plain JSON)."""
        return encoded_of(self._call("encodeDownlink", codec, script, [{"data": data}], careful=True)[0])

    def stopped(self) -> list[str]:
        """The codecs that held up the others too long since this was last asked; they may run again then."""
        found = [codec for codec in self._lost if self._rests(codec)]
        for codec in found:
            del self._lost[codec]
        return found

    def _call(
        self, call: str, codec: str, script: str, events: Sequence[dict[str, Any]], careful: bool
    ) -> list[Any]:
        """An answer for each of ``events``. What a killed child was working on says ``killed``."""
        answers: list[Any] = []
        while len(answers) < len(events):
            rest = events[len(answers) :]
            if self._rests(codec):
                answers += [{"failure": "resting", "detail": "held up the others"}] * len(rest)
                break
            came = self._ask(call, codec, script, rest, careful)
            answers += came
            self._lose(codec, sum(_ms_of(answer) or 0 for answer in came) / 1000)
            if len(came) < len(rest):
                self.close()
                if careful:
                    self.kills += 1
                    self._lose(codec, self.silence)
                    answers.append({"failure": "killed", "detail": "silent for too long"})
                # Which event it was shows only when each answer is written at once.
                careful = True
        return answers

    def _lose(self, codec: str, seconds: float) -> None:
        if seconds >= SLOW:
            self._lost.setdefault(codec, []).append((time.monotonic(), seconds))

    def _rests(self, codec: str) -> bool:
        """Whether ``codec`` took too much of the others' time lately."""
        return codec in self._lost and self._left(codec) <= 0

    def _left(self, codec: str) -> float:
        """Seconds that ``codec`` may still take."""
        since = time.monotonic() - WITHIN
        lost = [one for one in self._lost.get(codec, ()) if one[0] > since]
        if codec in self._lost:
            self._lost[codec] = lost
        return STRIKES * self.silence - sum(seconds for _at, seconds in lost)

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        for _attempt in range(STARTS):
            self.close()
            try:
                self._process = _new_child()
            except OSError as error:  # memory, processes or descriptors are short at the moment
                raise ChildProcessError(f"the codec child cannot start: {error.strerror}") from error
            if self._is_ready(self._process):
                return self._process
        self.close()
        raise ChildProcessError("the codec child did not start")

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Starting does not count as silence: a busy machine may take a while to start Python."""
        assert process.stdin
        assert process.stdout
        exchange = _Exchange(process.stdin.fileno(), process.stdout.fileno(), START)
        return bool(exchange.run(b"", 1))

    def _ask(
        self, call: str, codec: str, script: str, events: Sequence[dict[str, Any]], careful: bool
    ) -> list[Any]:
        """The answers that came before the child fell silent or died (all, if it did not)."""
        if self._given > TEXTS_MOST:
            self.close()
        process = self._start()
        assert process.stdin
        assert process.stdout
        frame: dict[str, Any] = {"call": call, "codec": codec, "careful": careful, "events": events}
        frame["most"] = self._left(codec)
        if codec not in self._known:
            frame["script"] = script
            self._known.add(codec)
            self._given += len(script)
        body = orjson.dumps(frame)
        return _Exchange(process.stdin.fileno(), process.stdout.fileno(), self.silence).run(
            struct.pack(">I", len(body)) + body, len(events)
        )


def _loads(frame: memoryview) -> Any:
    """What a frame holds; None for what is no JSON: a codec that took over the wrapper wrote it."""
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None


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
            answers.append(_loads(memoryview(self.buffer)[4 : 4 + size]))
            del self.buffer[: 4 + size]
        return bool(piece)
