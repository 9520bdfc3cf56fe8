"""Ports on the loopback: a free one, who listens on one, and that it is our own child."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from deploy.local.processes import session_of

LOOPBACK = "127.0.0.1"
LISTEN = "0A"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def listeners(port: int) -> set[int]:
    """The pids (that we may look at) which listen on the port."""
    wanted = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for row in Path(table).read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                wanted.add(f"socket:[{fields[9]}]")
    return {pid for pid in _pids() if wanted and wanted & _open_sockets(pid)}


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _open_sockets(pid: int) -> set[str]:
    found = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.add(str(entry.readlink()))
            except OSError:
                continue
    except OSError:
        return set()
    return found


def is_ours(port: int, pid: int) -> bool:
    """True when every listener on the port belongs to the session that process ``pid`` leads."""
    found = listeners(port)
    return bool(found) and all(listener == pid or session_of(listener) == pid for listener in found)


def holder(port: int) -> str:
    """Who holds the port, in words."""
    for pid in listeners(port) - {os.getpid()}:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        return f"process {pid} ({command.strip()[:60]})"
    return "another program"
