"""Real servers of a test's own: a broker, a PostgreSQL cluster, the ingest. Loopback or unix sockets only."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = Path("/usr/lib/postgresql/15/bin")


def wait_until(what: str, check: Callable[[], Any], seconds: float = 90) -> Any:
    """Ask ``check`` until it answers something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def mosquitto() -> Iterator[int]:
    """A broker with the shipped limits on a free port; yields the port."""
    folder = Path(tempfile.mkdtemp(prefix="machitry-broker-"))
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
        "max_inflight_messages 2000\nuser root\n"
    )
    binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen(
        [binary, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until("the broker", lambda: process.poll() is None and _answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def as_postgres(command: Sequence[str | Path]) -> list[str]:
    """``command``, as the user postgres when we are root (PostgreSQL refuses root)."""
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    return [*prefix, *map(str, command)]


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster; its socket and data lie in ``folder``."""

    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def pg_ctl(self, *arguments: str) -> None:
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections=40"
        subprocess.run(
            as_postgres(
                [
                    POSTGRES / "pg_ctl",
                    "-D",
                    self.folder / "data",
                    "-w",
                    "-l",
                    self.folder / "log",
                    "-o",
                    options,
                ]
            )
            + list(arguments),
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def postgresql() -> Iterator[Cluster]:
    """A cluster of one's own that may be crashed and restarted."""
    folder = Path(tempfile.mkdtemp(prefix="machitry-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    command: list[str | Path] = [
        POSTGRES / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    subprocess.run(
        as_postgres([*command, "--locale=C.UTF-8"]), check=True, cwd="/", stdout=subprocess.DEVNULL
    )
    cluster = Cluster(folder)
    cluster.pg_ctl("start")
    try:
        yield cluster
    finally:
        cluster.pg_ctl("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", **values}


def manage(*arguments: str, **values: str) -> None:
    """Run ``manage.py`` to its end with the test settings and ``values`` in the environment."""
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], env=environment(**values), cwd=ROOT, check=True
    )


@contextlib.contextmanager
def managed(*arguments: str, log: Path, **values: str) -> Iterator[subprocess.Popen[bytes]]:
    """A ``manage.py`` command that runs beside the test; terminated at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment(**values),
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def publisher(port: int) -> mqtt.Client:
    """A connected MQTT client that publishes."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client
