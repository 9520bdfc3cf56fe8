"""What the installer says: plain sentences, how long each step took, one sentence when it must stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 15


class Stop(Exception):
    """The work cannot go on; the text is the one sentence that the person sees."""


def line(text: str = "") -> None:
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a piece of work and, at its end, the seconds it took."""
    line(f"- {text}")
    begun = time.monotonic()
    yield
    seconds = time.monotonic() - begun
    if seconds >= 1:
        line(f"  done in {seconds:.0f} s")


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a long command, its output in ``log``; when it fails, say the log's end and ``failure``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        start = out.tell()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
        )
        code = _wait(process)
    if code == 0:
        return
    text = log.read_bytes()[start:].decode(errors="replace")
    # On a full disk the log itself may be cut short.
    full = shutil.disk_usage(log.parent).free < 2**20
    if full or "No space left on device" in text or "Disk quota exceeded" in text:
        raise Stop("There is no room left on the disk: free some space and run the same command again.")
    if "Temporary failure resolving" in text or "Failed to establish a new connection" in text:
        failure += " The network could not be reached."
    for part in text.strip().splitlines()[-TAIL_LINES:]:
        line(f"    {part}")
    raise Stop(f"{failure} The whole output is in {log}.")


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; say every 20 seconds (each second on a terminal) that it is still going on."""
    begun = time.monotonic()
    pause = 1.0 if sys.stdout.isatty() else 20.0
    while True:
        try:
            code = process.wait(timeout=pause)
        except subprocess.TimeoutExpired:
            seconds = time.monotonic() - begun
            print(f"\r  {seconds:.0f} s" if pause == 1.0 else f"  {seconds:.0f} s", flush=True, end="")
            if pause != 1.0:
                line()
            continue
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        if pause == 1.0 and time.monotonic() - begun >= pause:
            print("\r        \r", end="", flush=True)
        return code


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    if not log.is_file():
        return "    (nothing was logged)"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-TAIL_LINES:]
    return "\n".join(f"    {text}" for text in lines) or "    (nothing was logged)"
