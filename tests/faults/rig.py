"""The ingest as it is shipped, under load, with everything it depends on: each part can be killed.

The publisher is a process of its own; it fsyncs the number of each event that the broker acknowledged
before it goes on. What stands in that record must be stored in the end, once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.ingest import event_line, make_devices
from tests.services import ROOT, Cluster, environment, free_port, manage, wait_until

#: Devices in turn, and events a second: a city's worth, with room for the rest on two cores.
DEVICES = 200
RATE = 800
SLOTS = 2
INGEST = (str(ROOT / "manage.py"), "ingest")
#: An ingest that acknowledges first and stores afterwards: what the runs must notice.
EARLY = ("-m", "tests.faults.early_ack")


class Broker:
    """Mosquitto with the shipped settings, on one port over its restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        shipped = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
        own = f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
        own += f"persistence_location {folder}/\n"
        (folder / "mosquitto.conf").write_text(shipped + own)
        self.start()

    def start(self) -> None:
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        command = [binary, "-c", str(self.folder / "mosquitto.conf")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        time.sleep(0.5)

    def stop(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(30)


class Redis:
    """A Redis of the run's own, on a unix socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "redis.sock"
        command = [
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            str(self.path),
            "--save",
            "",
            "--dir",
            str(folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until("Redis", self.path.exists)

    @property
    def url(self) -> str:
        return f"unix://{self.path}?db=0"

    def empty(self) -> None:
        with redis.Redis(unix_socket_path=str(self.path)) as client:
            client.flushall()


@dataclass
class Load:
    """Events that a publisher process sends; ``acked`` is its record."""

    events: Path
    acked: Path
    ids: list[str]
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start the publisher, or go on with what is not acknowledged."""
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @property
    def going(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def finish(self) -> None:
        """Wait until everything was acknowledged; a publisher that lost its broker is started again."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if self.process is None or (self.process.poll() or 0) != 0:
                time.sleep(0.3)
                self.begin()
            assert self.process
            if self.process.poll() == 0:
                return
            time.sleep(0.1)
        raise AssertionError("the publisher never ended")

    def taken(self) -> set[str]:
        """The ids that the broker acknowledged."""
        return (
            {self.ids[int(line)] for line in self.acked.read_bytes().split()}
            if self.acked.exists()
            else set()
        )


@dataclass
class Rig:
    """Broker, Redis, PostgreSQL and two ingest processes."""

    cluster: Cluster
    broker: Broker
    redis: Redis
    folder: Path
    command: tuple[str, ...] = INGEST
    slots: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    number: int = 0
    #: Ingest processes that share the messages.
    together: int = SLOTS

    @classmethod
    def build(cls, cluster: Cluster) -> Rig:
        folder = Path(tempfile.mkdtemp(prefix="machitry-faults-"))
        manage("migrate", "-v0", MACHITRY_DATABASE_URL=cluster.url)
        manage("shell", "-v0", "-c", make_devices(DEVICES), MACHITRY_DATABASE_URL=cluster.url)
        return cls(cluster, Broker(folder), Redis(folder), folder)

    def close(self) -> None:
        for slot in list(self.slots):
            self.kill(slot, signal.SIGTERM)
        self.broker.process.terminate()
        self.redis.process.terminate()
        self.broker.process.wait(30)
        self.redis.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    # The ingest

    def start(self, slot: int) -> None:
        values = environment(
            MACHITRY_DATABASE_URL=self.cluster.url,
            MACHITRY_REDIS_URL=self.redis.url,
            MACHITRY_MQTT_URL=f"mqtt://127.0.0.1:{self.broker.port}",
            MACHITRY_LOG_LEVEL="INFO",
        )
        with self.log(slot).open("wb") as log:
            command = [sys.executable, *self.command, "--slot", str(slot), "--slots", str(self.together)]
            self.slots[slot] = subprocess.Popen(command, env=values, cwd=ROOT, stdout=log, stderr=log)

    def log(self, slot: int) -> Path:
        return self.folder / f"ingest-{slot}.log"

    def ready(self, slot: int) -> None:
        """Wait until ``slot`` has its session at the broker."""
        wait_until(f"slot {slot}", lambda: b"mqtt_connected" in self.log(slot).read_bytes(), 90)

    def start_all(self) -> None:
        for slot in range(SLOTS):
            self.start(slot)
        for slot in range(SLOTS):
            self.ready(slot)
        time.sleep(1)

    def kill(self, slot: int, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.slots.pop(slot)
        process.send_signal(how)
        process.wait(60)

    def alive(self) -> None:
        """Nobody ended that was not killed."""
        for slot, process in self.slots.items():
            if process.poll() is not None:
                raise AssertionError(f"slot {slot} ended: {self.log(slot).read_text()[-2000:]}")

    def codec_child(self, slot: int) -> int | None:
        """The pid of the codec child of ``slot``, if it has one now."""
        pid = self.slots[slot].pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        for child in map(int, children):
            try:
                if b"codec_child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
            except OSError:
                continue
        return None

    # The load

    def load(self, seconds: float) -> Load:
        """Events for ``seconds`` at RATE, not yet sent; their frame counters go on from the load before."""
        total = int(seconds * RATE)
        begin = datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=self.number / RATE)
        name = f"load-{self.number}"
        events, acked = self.folder / name, self.folder / f"{name}.acked"
        lines = [
            event_line(
                self.number + n, begin - timedelta(seconds=self.number / RATE), devices=DEVICES, rate=RATE
            )
            for n in range(total)
        ]
        self.number += total
        events.write_bytes(b"\n".join(lines) + b"\n")
        ids = [json.loads(line.partition(b"\t")[2])["deduplicationId"] for line in lines]
        command = [
            sys.executable, "-m", "benchmarks.mqtt_publisher", str(self.broker.port), str(events),
            "--rate", str(RATE), "--acked", str(acked),
        ]  # fmt: skip
        return Load(events, acked, ids, command)

    # What came of it

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.cluster.url) as connection:
            return connection.execute(sql).fetchall()

    def stored(self) -> Counter[str]:
        return Counter(str(row[0]) for row in self.query("SELECT deduplication_id FROM telemetry_uplink"))

    def settle(self, wanted: Iterable[str], seconds: float = 120) -> set[str]:
        """Wait until ``wanted`` are stored, or nothing more comes for ten seconds; what is missing."""
        wanted, count, since = set(wanted), -1, time.monotonic()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            missing = wanted - set(self.stored())
            if not missing:
                return missing
            if len(missing) != count:
                count, since = len(missing), time.monotonic()
            if time.monotonic() - since > 10:
                return missing
            time.sleep(0.5)
        return wanted - set(self.stored())

    def sums_agree(self) -> bool:
        """Rollups and daily counts hold exactly the stored uplinks."""
        ((uplinks, days, hours),) = self.query(
            "SELECT (SELECT count(*) FROM telemetry_uplink), (SELECT sum(uplinks) FROM telemetry_trialday), "
            "(SELECT sum(uplinks) FROM telemetry_devicehour)"
        )
        return bool(uplinks == days == hours)

    def dead(self) -> int:
        return int(self.query("SELECT count(*) FROM telemetry_deadletter")[0][0])


def strike(pid: int) -> bool:
    """kill -9; False when it was gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
