"""The child process in which codecs run. Started as ``python -I codec_child.py``; imports no Django.

Frames are a 4-byte big-endian length and JSON. In: ``{"call", "codec", "script", "careful", "most",
"events"}`` (``script`` only when the codec is new to this child). ``call`` is a function of TS013, an event
what that takes: ``{"bytes"`` (hex), ``"fPort", "recvTime"}`` to decode, ``{"data"}`` to encode. Out: a frame
for each event, in order, written at once when the parent asks for care, so that it knows which event a silent
child was working on. ``ms`` (of CPU) stands in an answer when the parent asks for care, or when it took long;
when slow calls have taken ``most`` seconds, the rest are not made.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import re
import resource
import struct
import sys
import time
from typing import Any, BinaryIO

import orjson
import quickjs

MEMORY_LIMIT = 32 * 1024 * 1024
STACK_LIMIT = 512 * 1024
TIME_LIMIT = 0.2
OUTPUT_LIMIT = 32 * 1024
DEPTH_LIMIT = 32
#: Seconds of CPU after which the kernel ends a child that no parent kills any more.
CPU_LIMIT = 5
CONTEXTS = 64
#: Bytes that a codec may hold on to between two batches. With ``CONTEXTS`` of them the child stays well below
#: what it may have in all, so that no company's codec takes the memory of another's.
KEPT = 4 * 1024 * 1024
#: Events after which the limit of CPU is moved ahead.
CPU_EVERY = 16
#: Seconds of CPU from which the parent is told how long a call took.
SLOW = 0.05
NOBODY = 65534
#: Whole numbers that a double does not hold; half of a pair of surrogates.
_ODD = re.compile(r"(?<![.\d])\d{16}|\\ud", re.IGNORECASE)

#: The system calls that are left, by machine: (how Linux names the machine, their numbers). Reading and
#: writing what is open, memory, clocks, locks, limits, ending. Nothing opens, connects, starts or signals.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 39, 60, 96, 97, 98, 100, 131, 160, 186, 201,
         202, 219, 228, 229, 230, 231, 262, 302, 318, 334),
    ),
    "aarch64": (
        0xC00000B7,
        (57, 62, 63, 64, 79, 80, 93, 94, 98, 113, 114, 115, 124, 128, 132, 134, 135, 139, 153, 163, 164, 165,
         169, 172, 178, 214, 215, 216, 222, 226, 233, 261, 278, 293),
    ),
}  # fmt: skip
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN, _ALLOW, _REFUSE = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050001

#: Calls the codec with plain data and hands back text, so that no object of the codec reaches Python.
#: What a codec throws is put into words here: outside nobody could tell it from want of memory.
_WRAPPER = """
(function () {
  var found = {
    decodeUplink: typeof decodeUplink === 'function' ? decodeUplink : undefined,
    decodeDownlink: typeof decodeDownlink === 'function' ? decodeDownlink : undefined,
    encodeDownlink: typeof encodeDownlink === 'function' ? encodeDownlink : undefined
  };
  function plain(bytes) { return bytes && bytes.length >= 0 ? Array.prototype.slice.call(bytes) : bytes; }
  function words(error) {
    var text;
    try {
      text = String(error) + (error && error.stack ? '\\n' + String(error.stack).split('\\n')[0] : '');
    } catch (other) { text = 'thrown, without words'; }
    return JSON.stringify({failure: 'error', detail: text});
  }
  globalThis.__run = function (name, text) {
    var output, call = found[name];
    if (!call) { return '{"failure":"no_function"}'; }
    var input = JSON.parse(text);
    if (input.recvTime !== undefined) { input.recvTime = new Date(input.recvTime); }
    input.variables = {};
    try { output = call(input); } catch (error) {
      if (error === null || error instanceof InternalError) { throw error; }
      return words(error);
    }
    if (output === null || typeof output !== 'object') { return '{"failure":"not_an_object"}'; }
    return JSON.stringify(name === 'encodeDownlink'
      ? {bytes: plain(output.bytes), fPort: output.fPort, warnings: output.warnings, errors: output.errors}
      : {data: output.data, warnings: output.warnings, errors: output.errors});
  };
})();
"""


def confine() -> None:
    """Give up what a codec never needs: rights, files, processes, memory."""
    resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, 512 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def seal() -> None:
    """Leave only the system calls of ``_CALLS``; others answer EPERM. Where Linux offers no such filter
    (or the machine is another) the rest of ``confine`` has to do."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    machine, calls = _CALLS.get(platform.machine(), (0, ()))
    if not calls:
        return
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    for call in calls:
        steps += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ALLOW)]
    steps.append((_RETURN, 0, 0, _REFUSE))
    body = b"".join(struct.pack("HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(body, len(body))
    program = ctypes.create_string_buffer(struct.pack("H6xP", len(steps), ctypes.addressof(kept)), 16)
    library.prctl(_SECCOMP, _FILTER, program, 0, 0)


def build(script: str) -> Any:
    """A fresh JavaScript context with ``script`` loaded."""
    context = quickjs.Context()
    context.set_memory_limit(MEMORY_LIMIT)
    context.set_max_stack_size(STACK_LIMIT)
    context.set_time_limit(TIME_LIMIT)
    context.eval(script)
    context.eval(_WRAPPER)
    return context


def run(context: Any, call: str, event: dict[str, Any]) -> dict[str, Any] | str:
    """One event done: what the codec returned (as JSON where ``plain``), or ``{"failure", "detail"}``."""
    if "bytes" in event:
        event["bytes"] = list(bytes.fromhex(event["bytes"]))
    output = context.get("__run")(call, orjson.dumps(event).decode())
    if not isinstance(output, str):
        return {"failure": "not_an_object"}
    if len(output) > OUTPUT_LIMIT:
        return {"failure": "too_large"}
    if plain(output):
        return output
    # Every JavaScript number is a double; read as whole numbers, 1e20 and more fit no column.
    answer = json.loads(output, parse_int=whole_or_double)
    if not isinstance(answer, dict):
        return {"failure": "not_an_object"}
    return answer if depth_of(answer) <= DEPTH_LIMIT else {"failure": "too_deep"}


def plain(output: str) -> bool:
    """Whether the parent may read ``output`` as it is: flat, without odd numbers and halves of characters.

    It is the usual case, and then nothing is parsed here. The parent checks what it reads in any case.
    """
    return output.count("{") + output.count("[") <= DEPTH_LIMIT and not _ODD.search(output)


def whole_or_double(text: str) -> int | float:
    return int(text) if len(text) < 17 else float(text)


def depth_of(value: Any) -> int:
    """Levels of nesting, counted without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = [part for part in level if isinstance(part, dict | list)]
        level = [child for part in inner for child in (part.values() if isinstance(part, dict) else part)]
    return depth


def no_error_left(text: str) -> bool:
    """With no memory left QuickJS cannot even make its error: it throws null, or has no words for it."""
    return text.strip() == "null" or "QuickJS error string" in text


def failure(error: Exception) -> dict[str, Any]:
    text = str(error)
    kind = "error"
    if "interrupted" in text:
        kind = "timeout"
    elif "out of memory" in text or isinstance(error, MemoryError) or no_error_left(text):
        kind = "memory"
    elif "SyntaxError" in text:
        kind = "syntax"
    elif "stack overflow" in text:
        kind = "recursion"
    return {"failure": kind, "detail": text[:300]}


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    frame: dict[str, Any] = orjson.loads(stream.read(struct.unpack(">I", head)[0]))
    return frame


def frame_of(answer: dict[str, Any] | str) -> bytes:
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    body = text.encode("utf-8", "replace")
    return struct.pack(">I", len(body)) + body


def write_frame(stream: BinaryIO, frame: dict[str, Any]) -> None:
    stream.write(frame_of(frame))
    stream.flush()


def allow_cpu() -> None:
    """Move the CPU limit ahead of what is used. It matters when the parent was killed while a codec hangs."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + CPU_LIMIT
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def read(answer: dict[str, Any] | str) -> dict[str, Any]:
    """``answer`` as an object. A codec that took over the wrapper may have written anything."""
    try:
        found = json.loads(answer) if isinstance(answer, str) else answer
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"failure": "not_an_object"}


def attempt(
    contexts: dict[str, Any], codec: str, script: str, call: str, event: dict[str, Any]
) -> dict[str, Any] | str:
    try:
        context = contexts.get(codec) or contexts.setdefault(codec, build(script))
        return run(context, call, dict(event))
    except Exception as error:  # noqa: BLE001, RUF100 -- whatever a codec throws is an answer
        # A context that ran out of time or memory may hold half-done state.
        contexts.pop(codec, None)
        return failure(error)


def answer_all(stream: BinaryIO, script: str, contexts: dict[str, Any], frame: dict[str, Any]) -> None:
    codec, call, careful = frame["codec"], frame["call"], frame.get("careful", False)
    lost, mark = 0.0, time.process_time()
    for number, event in enumerate(frame["events"]):
        if lost > frame["most"]:
            stream.write(frame_of({"failure": "resting", "detail": "held up the others"}))
            continue
        if careful or number % CPU_EVERY == 0:
            allow_cpu()
        used_before = codec in contexts
        answer = attempt(contexts, codec, script, call, event)
        if not isinstance(answer, str) and answer.get("failure") == "memory" and used_before:
            # What earlier events left behind may have filled it: this one gets a fresh context.
            answer = attempt(contexts, codec, script, call, event)
        now = time.process_time()
        slow = now - mark > SLOW
        if careful or slow:
            answer = read(answer)
            answer["ms"] = round((now - mark) * 1000, 3)
            lost += now - mark if slow else 0
        mark = now
        stream.write(frame_of(answer))
        if careful or slow:
            stream.flush()
    stream.flush()


def main() -> None:
    confine()
    seal()
    scripts: dict[str, str] = {}
    contexts: dict[str, Any] = {}
    write_frame(sys.stdout.buffer, {"ready": True})
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        if "script" in frame:
            scripts[frame["codec"]] = frame["script"]
            contexts.pop(frame["codec"], None)
        if len(contexts) > CONTEXTS:
            contexts.clear()
        answer_all(sys.stdout.buffer, scripts[frame["codec"]], contexts, frame)
        context = contexts.get(frame["codec"])
        if context is not None and context.memory()["malloc_size"] > KEPT:
            del contexts[frame["codec"]]


if __name__ == "__main__":
    main()
