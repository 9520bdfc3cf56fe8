"""A device's year beside its day, out of as many uplinks: the series as the API answers it, and the page.

Devices that send each ten minutes for a year lie in the order in which it arrived (``benchmarks.history``);
their hours likewise, and the product folds them into months. Read by the product's own selectors, put into
the API's bytes. *Cold*: PostgreSQL restarted and, as root, the system's file cache dropped before each
reading; *warm*: read again.

    make bench ONLY=series          ROWS=2000000 by default (some minutes); ROWS=20000000 needs about 15 GB
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import history
from benchmarks._harness import ROOT, Result, report
from benchmarks.ingest import cluster, manage

ROWS = int(os.environ.get("ROWS", "2000000"))
YEAR = timedelta(days=365)
#: Each device sends for a year.
DEVICES = max(2, ROWS * history.STEP // YEAR)
COLD, WARM = 8, 60
#: What was asked for.
RATIO, BYTES = 1.5, 60_000

_HOURS = """
INSERT INTO telemetry_devicehour (organization_id, device_id, hour, trial_id, uplinks, failed, dev_addr,
    f_cnt_low, f_cnt_high, session_uplinks, rssi_best, snr_best, gateways, folded, fields)
SELECT d.organization_id, d.id, t, d.trial_id, 6, 0, '00189440', 0, 5, 6, -97, 5.5, 2, false,
    jsonb_build_object('level', v.level, 'temperature', '[6, 8.4, 8.9, 51.6, 8.6]'::jsonb,
        'battery', '[6, 3.6, 3.62, 21.66, 3.61]'::jsonb)
FROM generate_series(%(begin)s::timestamptz, %(end)s::timestamptz - interval '1 hour', '1 hour') t
CROSS JOIN (SELECT * FROM devices_device ORDER BY dev_eui LIMIT %(devices)s) d
CROSS JOIN LATERAL (SELECT round((0.9 + sin(extract(epoch FROM t) / 30000) / 3)::numeric, 2) AS mean) m
CROSS JOIN LATERAL (SELECT jsonb_build_array(6, m.mean - 0.02, m.mean + 0.03, m.mean * 6, m.mean) AS level) v
"""

_FOLD = f"""
from datetime import datetime
from apps.telemetry.domain.folding import hours_fold
while hours_fold(now=datetime.fromisoformat("{history.NOW.isoformat()}")):
    pass
"""

_READ = """
import json, sys, time
from datetime import datetime, timedelta
import orjson
from django.db import connection
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.api.series import AGGREGATES, _device, _head
from apps.telemetry.rules.series import Span
from apps.telemetry.selectors import device_page
from apps.telemetry.selectors.series import series_of
now, devices, turns = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
what, days = sys.argv[4], int(sys.argv[5])
chosen = list(Device.objects.select_related("model", "trial").order_by("dev_eui")[:devices])
span = Span(now - timedelta(days=days), now, clock.TOKYO)
times, size = [], 0
for turn in range(turns):
    device = chosen[turn * 37 % len(chosen)]
    begin = time.perf_counter()
    if what == "page":
        page = device_page(device=device, span=span, now=now)
        assert page.count > 100, page.count
    else:
        answer = series_of(devices=[device], span=span, now=now)
        data = orjson.dumps({**_head(answer), **_device(answer, answer.devices[0], AGGREGATES)})
        size = max(size, len(data))
        assert len(answer.devices[0].times) > 100
    times.append((time.perf_counter() - begin) * 1000)
print(json.dumps({"times": times, "size": size}))
"""


def fill(url: str, values: dict[str, str]) -> float:
    """A year of uplinks and hours, folded; how long folding took (s)."""
    history.DEVICES = DEVICES
    history.fill(url, DEVICES * (YEAR // history.STEP))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        span = {"begin": history.NOW - YEAR, "end": history.NOW, "devices": DEVICES}
        connection.execute(_HOURS, span)
        connection.execute("VACUUM (ANALYZE) telemetry_devicehour")
    begin = time.monotonic()
    manage(values, "shell", "-v0", "-c", _FOLD)
    took = time.monotonic() - begin
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) telemetry_devicehour")
        connection.execute("VACUUM (ANALYZE) telemetry_devicemonth")
    return took


def read(values: dict[str, str], folder: Path, turns: int, what: str, days: int) -> dict[str, Any]:
    """Times (ms) of a fresh process that reads ``turns`` times, and the largest answer (bytes)."""
    script = folder / "read.py"
    # As the web server begins.
    script.write_text("import config.wsgi\n" + _READ)
    command = [
        sys.executable,
        str(script),
        history.NOW.isoformat(),
        str(DEVICES),
        str(turns),
        what,
        str(days),
    ]
    environment = {**values, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return answer


def measured(url: str, values: dict[str, str], what: str, days: int) -> dict[str, float]:
    """Cold and warm p95 (ms) and the size (bytes) of ``what`` over ``days``."""
    with tempfile.TemporaryDirectory() as folder:
        cold = []
        for _turn in range(COLD):
            history.forget(url)
            cold += read(values, Path(folder), 1, what, days)["times"]
        # The first half of the warm turns reads each device for the first time.
        warm = read(values, Path(folder), 2 * WARM, what, days)
    times = {"cold": history._p95(cold), "warm": history._p95(warm["times"][WARM:])}
    return {**times, "size": warm["size"]}


def main() -> None:
    with cluster() as url:
        values = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "MACHITRY_DATABASE_URL": url,
        }
        manage(values, "migrate", "-v0")
        manage(values, "shell", "-v0", "-c", history._MAKE)
        folding = fill(url, values)
        found = {
            (what, days): measured(url, values, what, days)
            for what in ("series", "page")
            for days in (1, 365)
        }
    results = [
        Result(
            f"{what} of a device-year, {state}, p95",
            found[what, 365][state],
            "ms",
            "day",
            found[what, 1][state],
        )
        for what in ("series", "page")
        for state in ("warm", "cold")
    ]
    results += [
        Result("answer of a device-year", found["series", 365]["size"], "bytes", "limit", BYTES),
        Result("folding of a device's year", folding / DEVICES * 1000, "ms"),
    ]
    report("series", {"uplinks": ROWS, "devices": DEVICES, "wanted ratio, at most": RATIO}, results)


if __name__ == "__main__":
    main()
