"""The newest values of 200 devices by API, beside empty DRF views on the same server in the same run.

The floor is 0.4 of the empty view that checks a key and counts the call, as every operation does; beside it
stands the one without either. Healthchecks' list of 200 checks needs a newer Python than the portal's; the
47.9 requests a second printed beside ours were noted on the development machine (gunicorn, 2 workers).
*Cold*: the first answer of a fresh process; *warm*: under load. A run on a busy machine says little: an
answer of 80 kB waits for PostgreSQL more often than an empty one.

    make bench ONLY=api_latest
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from benchmarks._harness import OUT, ROOT, Result, Server, free_port, need, report, services, serving, wrk
from benchmarks.pages import granian

DEVICES = 200
SECONDS = 5
ROUNDS = 3
HEALTHCHECKS = 47.9

_FILL = f"""
from django.utils import timezone
from apps.apikeys.domain import api_key_create
from apps.core.models import SiteSettings
from apps.telemetry.models import DeviceLatest
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.trials import TrialFactory
import uuid
SiteSettings.objects.update_or_create(pk=1, defaults={{
    field.name: 10**9 for field in SiteSettings._meta.get_fields() if field.name.startswith("api_")}})
codec = CodecVersionFactory.create()
trial = TrialFactory.create(devices={DEVICES}, messages=100_000)
now = timezone.now()
for number in range({DEVICES}):
    device = DeviceFactory.create(trial=trial, model=codec.model, dev_eui=f"70b3d57e0000{{number:04x}}")
    DeviceLatest.objects.create(device=device, time=now, received_at=now, deduplication_id=uuid.uuid4(),
        f_cnt=number, dr=2, rssi=-97, snr=5.5, decode_state="decoded",
        values={{"level": 1.02, "temperature": 8.6, "battery": 3.61}})
_key, token = api_key_create(organization=trial.organization, actor=None, name="bench", scopes=["read:data"])
print("TOKEN", token)
"""


def fill(environment: dict[str, str]) -> str:
    """200 devices with a newest uplink each; the text of a key that reads them."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, cwd=ROOT, check=True)
    told = subprocess.run(
        [*manage, "shell", "-v0", "-c", _FILL], env=environment, cwd=ROOT, check=True, capture_output=True
    )
    return told.stdout.decode().partition("TOKEN ")[2].strip()


def first_answer(url: str, token: str) -> tuple[float, int]:
    """Milliseconds and bytes of one answer."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    begin = time.perf_counter()
    with urllib.request.urlopen(request, timeout=20) as answer:
        body = answer.read()
    return (time.perf_counter() - begin) * 1000, len(body)


def measure(values: dict[str, str], token: str) -> tuple[dict[str, float], float, int]:
    """The best rate of each of three rounds in turn, the first answer, and its size."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    paths = {
        "latest": "/api/v1/latest",
        "empty": "/api/v1/bench-empty",
        "empty with key": "/api/v1/bench-empty-key",
    }
    bearer = (f"Authorization: Bearer {token}",)
    rates: dict[str, float] = dict.fromkeys(paths, 0.0)
    command = granian(sys.executable, "config.wsgi:application", port)
    with serving(command, values, f"{base}/healthz", OUT / "api_latest.log"):
        cold, size = first_answer(base + paths["latest"], token)
        with ThreadPoolExecutor(16) as pool:  # both workers load what they need before anything counts
            for path in [*paths.values()] * 3:
                list(pool.map(lambda url: first_answer(url, token), [base + path] * 16))
        for _round in range(ROUNDS):
            for what, path in paths.items():
                rate = wrk(base + path, seconds=SECONDS, connections=8, headers=bearer)
                rates[what] = max(rates[what], rate)
    return rates, cold, size


def main() -> None:
    need("wrk")
    OUT.mkdir(parents=True, exist_ok=True)
    environment = services()
    server = Server.of(environment)
    with server.database("bench_api_latest") as name:
        values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "benchmarks._api_settings", "MACHITRY_DATABASE_URL": server.url(name),
            "MACHITRY_LOG_LEVEL": "WARNING", "MACHITRY_REDIS_PREFIX": "bench-api", "MACHITRY_DEMO": "1",
            "MACHITRY_MAIL_URL": f"file://{OUT}/mail", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        token = fill(values)
        rates, cold, size = measure(values, token)
    latest = rates["latest"]
    conditions = {
        "server": "granian wsgi, 2 workers",
        "load": f"wrk -t1 -c8 -d{SECONDS}s, best of {ROUNDS} rounds in turn",
        "answer": f"{DEVICES} devices, {size} bytes, not compressed",
        "floor": "0.4 of the empty view with key",
    }
    report(
        "api_latest",
        conditions,
        [
            Result("latest of 200, warm", latest, "req/s", "empty DRF view", rates["empty"]),
            Result("latest of 200, warm", latest, "req/s", "empty view with key", rates["empty with key"]),
            Result("latest of 200, warm", latest, "req/s", "Healthchecks’ list of 200 (noted)", HEALTHCHECKS),
            Result("latest of 200, cold", cold, "ms"),
        ],
    )
    if latest < 0.4 * rates["empty with key"]:
        sys.exit("Below the floor.")


if __name__ == "__main__":
    main()
