"""One dead receiver among a hundred: how long news take to the other ninety-nine, with it and without.

A hundred organizations have a webhook each, with a hundred real receivers on this machine. Every two seconds
a reading of each is stored as the ingest stores it (the reading and its news in one transaction);
``manage.py courier`` turns them into signed messages and sends them. Measured is the time from the reading to
its arrival at the receiver. Rounds with all receivers healthy and rounds in which one takes connections and
never answers take turns; the dead one's own messages are left out.

    make bench ONLY=webhooks          DURATION=20 RECEIVERS=100 ROUNDS=2 by default
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._harness import OUT, ROOT, Result, Server, report, services

SECONDS = int(os.environ.get("DURATION", "20"))
RECEIVERS = int(os.environ.get("RECEIVERS", "100"))
#: After so long the courier gives an attempt up.
WHOLE_SECONDS = 15
ROUNDS = int(os.environ.get("ROUNDS", "2"))
#: Seconds from one reading of a device to the next.
EVERY = 2
DATABASE = "bench_webhooks"
#: A dead receiver may cost the others this much of their 99th percentile, and this many milliseconds.
MOST_RATIO, MOST_MORE = 1.5, 500
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
_MAKE = """
import json, sys
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.domain.webhooks import webhook_create
from tests.factories.devices import DeviceFactory
partitions_ahead()
rows = []
for n, port in enumerate(json.loads(%r)):
    device = DeviceFactory.create(model=None, place=None, dev_eui=f"70b3d57e{n:08x}")
    webhook_create(organization=device.organization, actor=None, name="bench",
                   url=f"http://127.0.0.1:{port}/", kinds=["uplink"])
    rows.append([str(device.organization_id), str(device.trial_id), str(device.pk)])
print(json.dumps(rows))
"""
_UPLINK = """
INSERT INTO telemetry_uplink (organization_id, deduplication_id, time, received_at, trial_id, device_id,
    dev_addr, f_cnt, f_port, dr, gateway_count, data, decode_state, values)
VALUES (%s, %s, %s, %s, %s, %s, '00189440', %s, 1, 2, 1, '\\x78', 'decoded', '{"level": 1.2}')
"""
_NEWS = "INSERT INTO telemetry_news (organization_id, made_at, uplinks, events) VALUES (%s, now(), %s, '[]')"


@dataclass
class Receivers:
    """``ports`` by organization; ``delays``: seconds by receiver; ``dead``: the one that never answers."""

    ports: list[int] = field(default_factory=list)
    delays: dict[int, list[float]] = field(default_factory=dict)
    dead: int | None = None
    servers: list[asyncio.Server] = field(default_factory=list)

    async def start(self) -> None:
        for number in range(RECEIVERS):
            server = await asyncio.start_server(self._taker(number), "127.0.0.1", 0)
            self.servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])

    def _taker(self, number: int) -> Any:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._take(number, reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        return take

    async def _take(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        now = time.time()
        if number == self.dead:
            await asyncio.sleep(3600)
        for uplink in body["data"]["uplinks"]:
            made = datetime.fromisoformat(uplink["received_at"]).timestamp()
            self.delays.setdefault(number, []).append(now - made)
        writer.write(_ANSWER)
        await writer.drain()


def store(connection: psycopg.Connection[Any], rows: list[list[str]], count: int) -> None:
    """One reading of every organization, each with its news in a transaction."""
    for organization, trial, device in rows:
        identity, now = uuid.uuid4(), datetime.now(UTC)
        with connection.transaction():
            connection.execute(_UPLINK, [organization, identity, now, now, trial, device, count])
            connection.execute(_NEWS, [organization, json.dumps([[str(identity), now.isoformat()]])])


async def measured(receivers: Receivers, url: str, rows: list[list[str]], dead: int | None) -> list[float]:
    """Delays in ms of all healthy receivers in one round."""
    receivers.dead, receivers.delays = dead, {}
    with psycopg.connect(url, autocommit=True) as connection:
        begun = time.monotonic()
        for turn in range(SECONDS // EVERY):
            await asyncio.to_thread(store, connection, rows, turn)
            await asyncio.sleep(max(0.0, begun + (turn + 1) * EVERY - time.monotonic()))
    wanted = (len(rows) - (dead is not None)) * (SECONDS // EVERY)
    for _turn in range(600):
        if sum(len(found) for found in receivers.delays.values()) >= wanted:
            break
        await asyncio.sleep(0.1)
    found = [delay * 1000 for delays in receivers.delays.values() for delay in delays]
    if len(found) < wanted:
        sys.exit(f"only {len(found)} of {wanted} messages arrived")
    return found


def revive(url: str) -> None:
    """Forget that a receiver was dead, and what waits for it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM telemetry_webhookattempt")
        connection.execute("DELETE FROM telemetry_webhookmessage")
        connection.execute(
            "UPDATE telemetry_webhookendpoint SET failures = 0, failing_since = NULL, rest_until = NULL"
        )


def prepare(environment: dict[str, str], ports: list[int]) -> list[list[str]]:
    """Tables, organizations, devices and webhooks."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    made = subprocess.run(
        [*manage, "shell", "-v0", "-c", _MAKE % json.dumps(ports)],
        cwd=ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    rows: list[list[str]] = json.loads(made.stdout.decode().strip().splitlines()[-1])
    return rows


async def run(environment: dict[str, str], url: str, log: Path) -> tuple[list[float], list[float]]:
    receivers = Receivers()
    await receivers.start()
    rows = await asyncio.to_thread(prepare, environment, receivers.ports)
    with log.open("wb") as output:
        courier = subprocess.Popen(
            [sys.executable, "manage.py", "courier"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    whole: list[float] = []
    one_dead: list[float] = []
    try:
        await measured(receivers, url, rows[:1], None)  # started, connected, compiled
        for _round in range(ROUNDS):
            whole += await measured(receivers, url, rows, None)
            one_dead += await measured(receivers, url, rows, RECEIVERS - 1)
            await asyncio.sleep(WHOLE_SECONDS + 2)  # the dead one's last attempt ends
            await asyncio.to_thread(revive, url)
    finally:
        courier.send_signal(signal.SIGKILL)
        courier.wait()
    return whole, one_dead


def main() -> None:
    environment = {
        **services(),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "MACHITRY_LOG_LEVEL": "WARNING",
    }
    server = Server.of(environment)
    OUT.mkdir(parents=True, exist_ok=True)
    with server.database(DATABASE) as name:
        environment["MACHITRY_DATABASE_URL"] = url = server.url(name)
        whole, one_dead = asyncio.run(run(environment, url, OUT / "webhooks.log"))
    before, after = (statistics.quantiles(found, n=100) for found in (whole, one_dead))
    results = [
        Result(
            f"p{n} to a healthy receiver while one hangs", after[n - 1], "ms", "all healthy", before[n - 1]
        )
        for n in (50, 99)
    ]
    results.append(Result("slowest while one hangs", max(one_dead), "ms", "all healthy", max(whole)))
    conditions = {
        "receivers": RECEIVERS,
        "messages a second": RECEIVERS / EVERY,
        "seconds": f"{ROUNDS} × {SECONDS} of each",
        "messages": f"{len(whole)} with all healthy, {len(one_dead)} to the others while one hangs",
        "floor": f"p99 at most {MOST_RATIO} times and {MOST_MORE} ms more",
    }
    report("webhooks", conditions, results)
    if after[98] > before[98] * MOST_RATIO and after[98] > before[98] + MOST_MORE:
        sys.exit("a dead receiver delays the others")


if __name__ == "__main__":
    main()
