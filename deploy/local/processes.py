"""Background processes with a record of pid and start time, so that only what we started is ever stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local.paths import IS_ROOT, ROOT, SERVICE_ACCOUNT, Instance
from deploy.local.say import Stop, tail

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: Our own children outlive this program; they are kept only so that Python does not warn about it.
_CHILDREN: list[subprocess.Popen[bytes]] = []


def _record(instance: Instance, name: str) -> Path:
    return instance.folder / "pids" / f"{name}.json"


def _stat(pid: int) -> tuple[str, int, int] | None:
    """State, session and start time (clock ticks since boot) of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[3]), int(fields[19])


def session_of(pid: int) -> int | None:
    found = _stat(pid)
    return found[1] if found else None


def with_command_line(marks: tuple[bytes, ...]) -> list[int]:
    """Pids whose command line names one of our own folders."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if any(mark in command for mark in marks):
                found.append(int(entry.name))
    return found


def as_service_account(command: Sequence[str | Path]) -> list[str]:
    """The command as the servers' own account when we are root, else unchanged."""
    prefix = ["setpriv", f"--reuid={SERVICE_ACCOUNT}", f"--regid={SERVICE_ACCOUNT}", "--clear-groups", "--"]
    return [*(prefix if IS_ROOT else []), *map(str, command)]


def start(
    instance: Instance,
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> int:
    """Start ``command`` in a session of its own and record it; its output goes to the instance's logs."""
    with instance.log(name).open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            start_new_session=True,
        )
    _CHILDREN.append(process)
    remember(instance, name, process.pid)
    return process.pid


def remember(instance: Instance, name: str, pid: int) -> None:
    found = _stat(pid)
    if found is None:
        raise Stop(f"{name} ended at once:\n{tail(instance.log(name))}")
    record = {"pid": pid, "started": found[2], "boot": BOOT_ID.read_text().strip()}
    _record(instance, name).write_text(json.dumps(record))


def running(instance: Instance, name: str) -> int | None:
    """The pid of a process that we started and that still lives; a stale record is thrown away."""
    path = _record(instance, name)
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    found = _stat(record["pid"])
    same_boot = record["boot"] == BOOT_ID.read_text().strip()
    if found is None or found[0] == "Z" or found[2] != record["started"] or not same_boot:
        path.unlink(missing_ok=True)
        return None
    return int(record["pid"])


def stop(
    instance: Instance, name: str, *, first: signal.Signals = signal.SIGTERM, seconds: float = 15
) -> bool:
    """Ask the process to end, then end its whole session. True when it was running."""
    pid = running(instance, name)
    if pid is None:
        return False
    os.kill(pid, first)
    deadline = time.monotonic() + seconds
    while running(instance, name) is not None:
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            deadline = time.monotonic() + 5
        time.sleep(0.05)
    for child in _CHILDREN:
        child.poll()
    return True


def wait_until_ready(
    instance: Instance, name: str, check: Callable[[], bool], *, seconds: float = 60
) -> None:
    """Wait until ``check()`` is true while the process lives."""
    deadline = time.monotonic() + seconds
    while not check():
        if running(instance, name) is None:
            raise Stop(f"{name} ended at once. The end of its log:\n{tail(instance.log(name))}")
        if time.monotonic() > deadline:
            raise Stop(f"{name} did not answer within {seconds:.0f} s; see {instance.log(name)}.")
        time.sleep(0.05)
