"""What every benchmark needs: its own database, a free port, a server with its pid, wrk, a result file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / ".local" / "bench"


@dataclass(frozen=True)
class Result:
    """One line of the table; ``ratio`` is value / peer_value."""

    what: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.peer_value, 2) if self.peer_value else None


def services() -> dict[str, str]:
    """The environment of the private test services (`make services` wrote it), unless given."""
    values = dict(os.environ)
    path = ROOT / ".local" / "test" / "env"
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, sep, value = line.removeprefix("export ").partition("=")
            if sep:
                values.setdefault(name, value.strip("'\""))
    if "MACHITRY_DATABASE_URL" not in values:
        sys.exit("No services are running. Start them with `make services`, then run the benchmark again.")
    return values


@dataclass(frozen=True)
class Server:
    """Where PostgreSQL listens; ``url(name)`` is the portal's address of a database in it."""

    user: str
    host: str
    port: str

    @classmethod
    def of(cls, environment: dict[str, str]) -> Server:
        url = urlsplit(environment["MACHITRY_DATABASE_URL"])
        query = parse_qs(url.query)
        host = query.get("host", [url.hostname or ""])[0]
        port = query.get("port", [str(url.port or "")])[0]
        return cls(url.username or "", host, port)

    def url(self, name: str) -> str:
        return f"postgresql://{self.user}@/{name}?host={self.host}&port={self.port}"

    def connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            dbname=name, user=self.user, host=self.host, port=self.port or None, autocommit=True
        )

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A fresh database, dropped at the end."""
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            with self.connect("postgres") as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(command: list[str], environment: dict[str, str], url: str, log: Path) -> Iterator[None]:
    """A server as a child with its own process group, until ``url`` answers; stopped by that group."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(url, process, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    sys.exit(f"{url} did not answer; the end of its log:\n{log.read_text(errors='replace')[-3000:]}")


def wrk(url: str, *, seconds: int = 10, connections: int = 16, headers: tuple[str, ...] = ()) -> float:
    """Requests a second that ``url`` answered with 2xx; anything else ends the benchmark."""
    options = [part for header in headers for part in ("-H", header)]
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *options, url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if re.search(r"Non-2xx|Socket errors", output):
        sys.exit(f"{url} answered with errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if not found:
        sys.exit(output)
    return float(found.group(1))


def need(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        sys.exit(f"The benchmark needs: {', '.join(missing)} (apt-get install {' '.join(missing)}).")


def report(name: str, conditions: dict[str, Any], results: list[Result]) -> None:
    """Print the table and write ``.local/bench/<name>.json``."""
    rows = [{**asdict(result), "ratio": result.ratio} for result in results]
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(
        json.dumps({"name": name, "conditions": conditions, "results": rows}, ensure_ascii=False, indent=1)
    )
    for key, value in conditions.items():
        print(f"{key}: {value}")
    for row in rows:
        beside = f"  {row['peer']}: {row['peer_value']:,.1f}  ratio {row['ratio']}" if row["peer"] else ""
        print(f"{row['what']:<58} {row['value']:>10,.1f} {row['unit']}{beside}")
    print(f"written: {path.relative_to(ROOT)}")
