"""Uplinks from publish to committed, decoded, rolled up and acknowledged, on this machine alone.

Everything runs here: the publisher (packets made beforehand), Mosquitto with the shipped settings, two
ingest processes with their codec children, a PostgreSQL of its own with fsync on. Beside it: COPY of the
same rows into a table of the same shape, without parsing, codecs, locks or rollups.

    make bench ONLY=ingest          DURATION=60 RATE=5000 by default

*publish → readable* is the commit's timestamp minus the moment that stands in the event.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._harness import ROOT, Result, free_port, report

SECONDS = int(os.environ.get("DURATION", "60"))
RATE = int(os.environ.get("RATE", "5000"))
#: What was asked for, uplinks a second.
FLOOR = 5_000
DEVICES = 2_000
SLOTS = 2
POSTGRES = Path("/usr/lib/postgresql/15/bin")


def make_devices(number: int) -> str:
    """A script that registers ``number`` devices of the events, in 20 trials."""
    return f"""
from django.contrib.gis.geos import Point
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.trials import TrialFactory
codec = CodecVersionFactory.create()
for n in range(20):
    trial = TrialFactory.create(devices={number // 20}, messages=100_000_000)
    for m in range({number // 20}):
        number = n * {number // 20} + m + 1
        place = Point(137.1 + number % 50 / 300, 36.6 + number // 50 / 300, srid=4326)
        DeviceFactory.create(trial=trial, model=codec.model, dev_eui=f"70b3d57e{{number:08x}}", place=place)
"""


def as_postgres(*command: str | Path) -> list[str]:
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    return [*user, *map(str, command)]


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A PostgreSQL of the benchmark's own, durable as on a server; yields its address."""
    folder = Path(tempfile.mkdtemp(prefix="machitry-bench-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    initdb = as_postgres(POSTGRES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--locale=C.UTF-8")
    subprocess.run(initdb, check=True, cwd="/", stdout=subprocess.DEVNULL)
    options = (
        f"-c listen_addresses='' -k {folder} -c max_connections=40 -c track_commit_timestamp=on "
        "-c shared_buffers=512MB -c max_wal_size=4GB"
    )
    control = as_postgres(POSTGRES / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options)
    subprocess.run([*control, "start"], check=True, cwd="/", stdout=subprocess.DEVNULL)
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd="/", stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def broker() -> Iterator[int]:
    """Mosquitto with the settings that are shipped."""
    folder, port = Path(tempfile.mkdtemp(prefix="machitry-bench-mqtt-")), free_port()
    shipped = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    own = f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence_location {folder}/\n"
    (folder / "mosquitto.conf").write_text(shipped + own)
    binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen(
        [binary, "-c", str(folder / "mosquitto.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


_APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
_GATEWAYS = [
    {
        "gatewayId": f"0016c001f153a1{n:02x}",
        "uplinkId": 4217106255,
        "gwTime": "2026-11-01T00:00:00.1+00:00",
        "rssi": -97 - n,
        "snr": 5.5,
        "context": "E3OWOQ==",
        "location": {"latitude": 36.69, "longitude": 137.21},
        "crcStatus": "CRC_OK",
    }
    for n in range(3)
]
_LORA = {"bandwidth": 125000, "spreadingFactor": 10, "codeRate": "CR_4_5"}
_INFO = {
    "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
    "tenantName": "city",
    "applicationId": _APPLICATION,
    "applicationName": "2026-015",
    "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
    "deviceProfileName": "level",
    "deviceClassEnabled": "CLASS_A",
    "tags": {},
}


def event_line(number: int, begin: datetime, *, devices: int = DEVICES, rate: float = RATE) -> bytes:
    """The event ``number`` of a ChirpStack with ``devices`` in turn, about 1.2 kB, and its topic."""
    dev_eui = f"70b3d57e{number % devices + 1:08x}"
    at = begin + timedelta(seconds=number / rate)
    event: dict[str, Any] = {
        "deduplicationId": str(uuid.uuid4()),
        "time": at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000+00:00",
        "deviceInfo": {**_INFO, "deviceName": f"L-{number % devices:04d}", "devEui": dev_eui},
        "devAddr": "00189440",
        "adr": True,
        "dr": 2,
        "fCnt": number // devices,
        "fPort": 1,
        "confirmed": False,
        "data": "eA==",
        "object": None,
        "rxInfo": _GATEWAYS,
        "txInfo": {"frequency": 923200000, "modulation": {"lora": _LORA}},
        "regionConfigId": "as923",
    }
    body = json.dumps(event, separators=(",", ":")).encode()
    return f"application/{_APPLICATION}/device/{dev_eui}/event/up\t".encode() + body


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


@contextlib.contextmanager
def ingesting(environment: dict[str, str], folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The ingest as it is shipped: one process for each slot."""
    processes = []
    for slot in range(SLOTS):
        with (folder / f"ingest-{slot}.log").open("wb") as log:
            command = [sys.executable, "manage.py", "ingest", "--slot", str(slot), "--slots", str(SLOTS)]
            processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def warm_up(port: int, folder: Path, connection: psycopg.Connection[Any]) -> None:
    """Publish a few until every slot has its session: what comes before one exists is nobody's."""
    deadline = time.monotonic() + 120
    for turn in range(1000):
        if time.monotonic() > deadline:
            sys.exit("the ingest did not begin")
        events = events_file(folder, 50, datetime.now(UTC) - timedelta(days=2, seconds=turn))
        command = [sys.executable, "-m", "benchmarks.mqtt_publisher", str(port), str(events)]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        time.sleep(1)
        if stored(connection) and turn > 2:
            time.sleep(5)
            return


def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """The most memory the process held, MB."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    (kilobytes,) = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM")]
    return int(kilobytes) / 1024


def stored(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT coalesce(sum(uplinks), 0) FROM telemetry_trialday").fetchone()
    return int(row[0]) if row else 0


def publish_and_wait(
    port: int, events: Path, total: int, connection: psycopg.Connection[Any], rate: int
) -> tuple[float, float]:
    """Uplinks a second from the first publish until all are readable; and those the broker took."""
    command = [sys.executable, "-m", "benchmarks.mqtt_publisher", str(port), str(events), "--rate", str(rate)]
    before, begin = stored(connection), time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as publisher:
        while (done := stored(connection) - before) < total:
            if time.monotonic() - begin > SECONDS * 6:
                logs = "".join(
                    path.read_text(errors="replace")[-1500:] for path in events.parent.glob("*.log")
                )
                sys.exit(f"only {done} of {total} arrived\n{logs}")
            time.sleep(0.25)
        seconds = time.monotonic() - begin
        assert publisher.stdout
        took = json.loads(publisher.stdout.read())
    return total / seconds, float(took["per_second"])


def latency(connection: psycopg.Connection[Any], since: datetime) -> tuple[float, float]:
    """Median and 99th percentile of publish → readable, ms."""
    row = connection.execute(
        """
        SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
            extract(epoch FROM pg_xact_commit_timestamp(xmin) - time) * 1000)
        FROM telemetry_uplink WHERE time >= %s
        """,
        [since],
    ).fetchone()
    assert row
    return float(row[0][0]), float(row[0][1])


def copied(connection: psycopg.Connection[Any]) -> float:
    """Rows a second of a plain COPY of the same rows, in batches of 500, each committed."""
    connection.execute("CREATE TABLE copied (LIKE telemetry_uplink INCLUDING INDEXES)")
    rows = connection.execute("SELECT * FROM telemetry_uplink LIMIT 50000").fetchall()
    rows = [tuple(json.dumps(v) if isinstance(v, dict | list) else v for v in row) for row in rows]
    begin = time.monotonic()
    for start in range(0, len(rows), 500):
        with connection.cursor().copy("COPY copied FROM STDIN") as copy:
            for row in rows[start : start + 500]:
                copy.write_row(row)
    return len(rows) / (time.monotonic() - begin)


def events_file(folder: Path, total: int, begin: datetime) -> Path:
    path = folder / "events"
    with path.open("wb") as output:
        for number in range(total):
            output.write(event_line(number, begin) + b"\n")
    return path


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="machitry-bench-events-"))
    with cluster() as url, broker() as port:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "MACHITRY_DATABASE_URL": url,
            "MACHITRY_MQTT_URL": f"mqtt://127.0.0.1:{port}",
            "MACHITRY_LOG_LEVEL": "WARNING",
        }
        manage(environment, "migrate", "-v0")
        manage(environment, "shell", "-v0", "-c", make_devices(DEVICES))
        with psycopg.connect(url, autocommit=True) as connection:
            with ingesting(environment, folder) as processes:
                warm_up(port, folder, connection)
                results = measure(port, folder, connection)
                results += [
                    Result("memory of an ingest process, most", peak_memory(p), "MB") for p in processes
                ]
            results.append(Result("COPY of the same rows, nothing else", copied(connection), "/s"))
    shutil.rmtree(folder, ignore_errors=True)
    conditions = {
        "seconds": SECONDS,
        "rate": RATE,
        "devices": DEVICES,
        "slots": SLOTS,
        "cores": os.cpu_count(),
    }
    report("ingest", conditions, results)


def measure(port: int, folder: Path, connection: psycopg.Connection[Any]) -> list[Result]:
    """First as fast as it goes, then at RATE, where the latency is of interest."""
    total = RATE * SECONDS
    events = events_file(folder, total, datetime.now(UTC) - timedelta(hours=3))
    fastest, took = publish_and_wait(port, events, total, connection, 0)
    results = [
        Result("stored, offered as fast as the broker takes them", fastest, "/s", "floor", FLOOR),
        Result("acknowledged by the broker meanwhile", took, "/s"),
    ]
    begin = datetime.now(UTC) + timedelta(seconds=total / 40_000 + 3)
    events = events_file(folder, total, begin)
    time.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()))
    paced, _took = publish_and_wait(port, events, total, connection, RATE)
    middle, worst = latency(connection, begin)
    return [
        *results,
        Result(f"stored, offered {RATE:,}/s", paced, "/s", "floor", FLOOR),
        Result("publish → readable, median", middle, "ms"),
        Result("publish → readable, p99", worst, "ms"),
    ]


if __name__ == "__main__":
    main()
