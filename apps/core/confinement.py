"""Work on what strangers sent, in a child process that can be killed: bounded in time and memory.

The child is our own module, started with ``python -I``, without Django, environment or descriptors. It
reads its standard input, writes its result to one descriptor, and answers with one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


@dataclass(frozen=True)
class Bounds:
    """Seconds on the wall and of CPU, bytes of memory, bytes of the result."""

    seconds: float
    cpu: int
    memory: int
    output: int


@dataclass(frozen=True)
class Answer:
    """What the child said; ``failure`` when it could not: ``time`` or ``died``."""

    said: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


def run_confined(module: str, *, source: IO[bytes], result: IO[bytes], bounds: Bounds) -> Answer:
    """Run ``main`` of ``module`` on the real file ``source`` from its beginning; it writes to ``result``."""
    source.seek(0)
    os.lseek(source.fileno(), 0, os.SEEK_SET)
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from {module} import main; main()"
    limits = [str(number) for number in (result.fileno(), bounds.cpu, bounds.memory, bounds.output)]
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [sys.executable, "-I", "-c", start, *limits],
        stdin=source.fileno(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8"},
        cwd="/",
        pass_fds=(result.fileno(),),
        start_new_session=True,
    )
    try:
        said, _nothing = process.communicate(timeout=bounds.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Answer(failure="time")
    try:
        answer = json.loads(said[:65536])
    except ValueError:
        answer = None
    if process.returncode != 0 or not isinstance(answer, dict):
        return Answer(failure="died")
    return Answer(said=answer)


def confine(*, give_up_rights: bool) -> int:
    """In the child: take on the limits of the command line; gives the descriptor of the result.

    ``give_up_rights``: as root it becomes nobody and may start nothing; import everything before.
    """
    result, cpu, memory, output = (int(text) for text in sys.argv[1:5])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if give_up_rights:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return result


def reply(said: dict[str, Any]) -> None:
    """In the child: the one line for the parent."""
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
