"""Memory and time of exports: 10,000 rows beside 2 million, by the product's own slices.

Uplinks of one trial with 20 devices lie in a database of the benchmark's own. Each export runs in a process
of its own, as in a worker; its memory is the highest it ever held (VmHWM) less what it held before the
first slice.

    make bench ONLY=exports         ROWS=2000000 by default; needs about 2 GB of disk while it runs
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks._harness import ROOT, Result, Server, report, services
from benchmarks.ingest import manage

ROWS = int(os.environ.get("ROWS", "2000000"))
SMALL = min(10_000, ROWS)
DEVICES = 20
NOW = datetime(2026, 11, 1, tzinfo=UTC)
#: What was asked for, in MB.
WANTED = 20.0
NAME = "bench_exports"

_MAKE = f"""
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.organizations import MembershipFactory
from tests.factories.trials import TrialFactory
codec = CodecVersionFactory.create()
trial = TrialFactory.create(code="2026-900")
MembershipFactory.create(organization=trial.organization)
for number in range({DEVICES}):
    DeviceFactory.create(trial=trial, model=codec.model)
"""
_FILL = """
INSERT INTO telemetry_uplink (organization_id, deduplication_id, time, received_at, trial_id, device_id,
    dev_addr, f_cnt, f_port, dr, frequency, rssi, snr, gateway_count, data, decode_state, values, rx)
SELECT d.organization_id, gen_random_uuid(), t, t, d.trial_id, d.id,
    '00189440', 7, 1, 2, 923200000, -97, 5.5, 2, '\\x005c00561023', 'decoded',
    jsonb_build_object('level', 1.12, 'temperature', 8.6, 'battery', 3.61),
    '[{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 5.5}]'
FROM generate_series(%(begin)s::timestamptz, %(end)s::timestamptz - interval '1 second', %(step)s) t
CROSS JOIN devices_device d
"""
_RUN = """
import json, re, sys, time
from datetime import datetime
from pathlib import Path
from apps.exports.domain import export_ask, export_step
from apps.organizations.models import Membership
from apps.trials.models import Trial

def memory(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def run(asked):
    export = export_ask(organization=trial.organization, actor=actor, kind="telemetry.uplinks", asked=asked)
    while export_step(export_id=export.pk):
        pass
    export.refresh_from_db()
    return export

trial = Trial.objects.get(code="2026-900")
actor = Membership.objects.get(organization=trial.organization).user
since, until = sys.argv[1:3]
run({"trial": trial.code, "since": until})  # everything is loaded and connected
before, begin = memory("VmRSS"), time.perf_counter()
export = run({"trial": trial.code, "since": since, "until": until})
seconds = time.perf_counter() - begin
print(json.dumps({"rows": export.rows_done, "size": export.size, "seconds": seconds,
    "memory": memory("VmHWM") - before, "before": before}))
"""


def run(environment: dict[str, str], begin: datetime) -> dict[str, Any]:
    """One export of everything from ``begin``, in a process of its own."""
    code = f"import django; django.setup()\n{_RUN}"
    command = [sys.executable, "-c", code, begin.isoformat(), NOW.isoformat()]
    answer = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return result


def main() -> None:
    values = services()
    server = Server.of(values)
    step = timedelta(seconds=10)
    with tempfile.TemporaryDirectory() as folder, server.database(NAME):
        environment = {
            **values,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MACHITRY_DATABASE_URL": server.url(NAME),
            "MACHITRY_EXPORTS_ROOT": folder, "MACHITRY_EXPORTS_A_DAY": "1000", "MACHITRY_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "shell", "-c", _MAKE)
        begin, small = (NOW - step * (rows // DEVICES) for rows in (ROWS, SMALL))
        fill(server, begin, step)
        few, many = run(environment, small), run(environment, begin)
    difference = many["memory"] - few["memory"]
    report(
        "exports",
        {"rows": f"{SMALL:,} and {ROWS:,}", "devices": DEVICES, "wanted": f"at most {WANTED} MB apart",
         "kept": "yes" if abs(difference) <= WANTED else "no"},
        [
            Result(f"memory beyond the start, {few['rows']:,} rows", few["memory"], "MB"),
            Result(f"memory beyond the start, {many['rows']:,} rows", many["memory"], "MB"),
            Result("memory, many less few", difference, "MB"),
            Result("rows a second (many)", many["rows"] / many["seconds"], "rows/s"),
            Result("size of the file (many)", many["size"] / 1e6, "MB"),
        ],
    )  # fmt: skip


def fill(server: Server, begin: datetime, step: timedelta) -> None:
    """Uplinks from ``begin`` to NOW, month by month, each in its partition."""
    with server.connect(NAME) as connection:
        connection.execute("SET synchronous_commit = off")
        month = begin.replace(day=1, hour=0, minute=0, second=0)
        while month < NOW:
            later = (month + timedelta(days=32)).replace(day=1)
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS telemetry_uplink_{month:%Y%m} PARTITION OF telemetry_uplink "
                f"FOR VALUES FROM ('{month}') TO ('{later}')"
            )
            connection.execute(_FILL, {"begin": max(begin, month), "end": min(NOW, later), "step": step})
            month = later
        connection.execute("VACUUM (ANALYZE) telemetry_uplink")


if __name__ == "__main__":
    main()
