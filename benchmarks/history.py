"""Reading one device's day out of 20 million uplinks, beside the same out of 1 million; the latest of 10,000.

A year of 380 devices that send each ten minutes lies in the order in which it arrived, so the rows of one
device are as far apart as they are in life. The page is read by the product's own selector, the latest by
the SQL of its list. *Cold*: PostgreSQL restarted and, as root, the system's file cache dropped before
each reading; *warm*: read again.

    make bench ONLY=history         ROWS=20000000 by default; needs about 15 GB of disk while it runs
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._harness import ROOT, Result, report
from benchmarks.ingest import POSTGRES, as_postgres, cluster, manage

ROWS = int(os.environ.get("ROWS", "20000000"))
SMALL = min(1_000_000, ROWS)
#: Devices with a history, one uplink each ten minutes; and all of which the latest is asked.
DEVICES, LATEST = 380, 10_000
STEP = timedelta(minutes=10)
COLD, WARM = 8, 60
#: What was asked for.
DAY_RATIO, LATEST_MS = 1.5, 50.0
NOW = datetime(2026, 11, 1, tzinfo=UTC)

_MAKE = f"""
from django.db import connection
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.trials import TrialFactory
codec = CodecVersionFactory.create()
trial = TrialFactory.create(devices={LATEST}, messages=100_000_000)
first = DeviceFactory.create(trial=trial, model=codec.model, dev_eui="70b3d57e00000001")
with connection.cursor() as cursor:
    cursor.execute('''
        INSERT INTO devices_device
        SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(),
            'dev_eui', '70b3d57e' || lpad(to_hex(n), 8, '0'), 'name', 'H-' || n))).*
        FROM devices_device d, generate_series(2, {LATEST}) n
    ''')
"""
_PARTITION = (
    "CREATE TABLE IF NOT EXISTS telemetry_uplink_{name} PARTITION OF telemetry_uplink "
    "FOR VALUES FROM ('{begin}') TO ('{end}')"
)
_FILL = """
INSERT INTO telemetry_uplink (organization_id, deduplication_id, time, received_at, trial_id, device_id,
    dev_addr, f_cnt, f_port, dr, frequency, rssi, snr, gateway_count, data, decode_state, values, rx)
SELECT d.organization_id, gen_random_uuid(), t + d.nth * interval '1 second', t, d.trial_id, d.id,
    '00189440', extract(epoch FROM t)::bigint / 600 %% 65536, 1, 2, 923200000, -97, 5.5, 2,
    '\\x005c00561023', 'decoded',
    jsonb_build_object('level', round((0.9 + sin(extract(epoch FROM t) / 30000) / 3)::numeric, 2),
        'temperature', 8.6, 'battery', 3.61),
    '[{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 5.5},
      {"gatewayId": "0016c001f153a14d", "rssi": -106, "snr": 1.5}]'
FROM generate_series(%(begin)s::timestamptz, %(end)s::timestamptz - interval '10 minutes', '10 minutes') t
CROSS JOIN (SELECT *, row_number() OVER (ORDER BY dev_eui) AS nth FROM devices_device
    ORDER BY dev_eui LIMIT %(devices)s) d
"""
_LATEST = """
INSERT INTO telemetry_devicelatest
    (device_id, time, received_at, deduplication_id, f_cnt, rssi, snr, dr, decode_state, values)
SELECT id, %s, %s, gen_random_uuid(), 7, -97, 5.5, 2, 'decoded', '{"level": 0.92, "battery": 3.61}'
FROM devices_device
"""


def fill(url: str, total: int) -> None:
    """``total`` uplinks that end at NOW, month by month."""
    begin = NOW - STEP * (total // DEVICES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        month = begin.replace(day=1, hour=0, minute=0)
        while month < NOW:
            later = (month + timedelta(days=32)).replace(day=1)
            connection.execute(_PARTITION.format(name=f"{month:%Y%m}", begin=month, end=later))
            span = {"begin": max(begin, month), "end": min(NOW, later), "devices": DEVICES}
            connection.execute(_FILL, span)
            month = later
        connection.execute(_LATEST, [NOW, NOW])
        connection.execute("VACUUM (ANALYZE) telemetry_uplink")
        connection.execute("VACUUM (ANALYZE) telemetry_devicelatest")
        connection.execute("ANALYZE devices_device")


_READ = """
import json, sys, time
from datetime import datetime, timedelta
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import DeviceLatest
from apps.telemetry.rules.series import Span
from apps.telemetry.selectors import device_page
now, devices, turns = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chosen = list(Device.objects.order_by("dev_eui")[:devices])
times = []
for turn in range(turns):
    device = chosen[turn * 37 % len(chosen)]
    begin = time.perf_counter()
    page = device_page(device=device, span=Span(now - timedelta(days=1), now, clock.TOKYO), now=now)
    times.append((time.perf_counter() - begin) * 1000)
    assert page.count > 100, page.count
sql = []
for turn in range(5):
    plan = DeviceLatest.objects.order_by().explain(analyze=True, format="json")
    sql.append(json.loads(plan)[0]["Execution Time"])
print(json.dumps({"page": times, "latest": min(sql), "latest_first": sql[0]}))
"""


def read(url: str, folder: Path, turns: int) -> dict[str, Any]:
    """Times (ms) of a fresh process that reads the page of the day ``turns`` times."""
    script = folder / "read.py"
    script.write_text("import django; django.setup()\n" + _READ)
    values = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "MACHITRY_DATABASE_URL": url}
    values["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, str(script), NOW.isoformat(), str(DEVICES), str(turns)]
    found = subprocess.run(command, env=values, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return answer


def forget(url: str) -> None:
    """PostgreSQL starts anew and the system forgets its files (root only)."""
    folder = Path(url.rpartition("host=")[2])
    control = as_postgres(POSTGRES / "pg_ctl", "-D", folder / "data", "-w", "-m", "fast", "restart")
    subprocess.run(control, check=True, cwd="/", stdout=subprocess.DEVNULL)
    if os.getuid() == 0:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")


def side(total: int) -> dict[str, float]:
    """What reading takes with ``total`` uplinks: cold and warm p95 (ms), the latest, how it was filled."""
    with cluster() as url, tempfile.TemporaryDirectory() as folder:
        values = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "MACHITRY_DATABASE_URL": url,
        }
        manage(values, "migrate", "-v0")
        manage(values, "shell", "-v0", "-c", _MAKE)
        begin = time.monotonic()
        fill(url, total)
        filled = time.monotonic() - begin
        cold = []
        for _turn in range(COLD):
            forget(url)
            cold += read(url, Path(folder), 1)["page"]
        warm = read(url, Path(folder), 2 * WARM)
    # The first half of the warm turns reads each device for the first time.
    return {
        "cold": _p95(cold),
        "warm": _p95(warm["page"][WARM:]),
        "latest": warm["latest"],
        "filled": total / filled,
    }


def _p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def main() -> None:
    small, large = side(SMALL), side(ROWS)
    million = f"{SMALL / 1e6:g} million"
    results = [
        Result("page of a device-day, warm, p95", large["warm"], "ms", million, small["warm"]),
        Result("page of a device-day, cold, p95", large["cold"], "ms", million, small["cold"]),
        Result(f"latest of {LATEST:,} devices in SQL", large["latest"], "ms", "limit", LATEST_MS),
        Result("filled with", large["filled"], "/s"),
    ]
    conditions = {"uplinks": ROWS, "devices with a history": DEVICES, "wanted ratio, at most": DAY_RATIO}
    report("history", conditions, results)


if __name__ == "__main__":
    main()
