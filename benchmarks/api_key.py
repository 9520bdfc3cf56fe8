"""What checking the key and counting the call cost of a request: the latest of one device, with and without.

Two servers of the same kind on the same database, one asked after the other in short turns, so that a
busy machine slows both alike. *Without*: the key is known beforehand and nothing is counted.

    make bench ONLY=api_key
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from typing import Any

from benchmarks._harness import OUT, ROOT, Result, Server, free_port, need, report, services, serving, wrk

#: Turns of so many seconds for each server; so many requests at a time.
TURNS, SECONDS, CONNECTIONS = 15, 1, 1
#: What was asked for: at most so much of a request, in percent.
WANTED = 20.0

_MAKE = """
from apps.apikeys.domain import api_key_create
from apps.core.models import SiteSettings
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from apps.telemetry.models import DeviceLatest
from apps.core import clock
import uuid
many = 1_000_000_000
SiteSettings.objects.update_or_create(pk=1, defaults={
    "api_key_a_minute": many, "api_organization_a_minute": many, "api_organization_a_day": many})
trial = TrialFactory.create(devices=10)
device = DeviceFactory.create(trial=trial)
now = clock.now()
DeviceLatest.objects.create(device=device, time=now, received_at=now, deduplication_id=uuid.uuid4(), f_cnt=7,
    rssi=-97, snr=5.5, dr=2, decode_state="decoded", values={"level": 0.92, "battery": 3.61})
key, token = api_key_create(organization=trial.organization, actor=None, name="bench", scopes=["read:data"])
print(device.pk, token)
"""


def granian(port: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--host", "127.0.0.1",
        "--port", str(port), "--no-access-log", "config.wsgi:application",
    ]  # fmt: skip


def manage(values: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], env=values, cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def turns(urls: dict[str, str], token: str) -> dict[str, list[float]]:
    """Milliseconds of a request in each turn, by server."""
    header = (f"Authorization: Bearer {token}",)
    times: dict[str, list[float]] = {name: [] for name in urls}
    for turn in range(TURNS + 1):
        for name, url in urls.items():
            rate = wrk(url, seconds=SECONDS, connections=CONNECTIONS, headers=header)
            if turn:  # the first turn warms up
                times[name].append(1000 * CONNECTIONS / rate)
    return times


def measure(environment: dict[str, str], server: Server) -> dict[str, list[float]]:
    with server.database("bench_api_key") as database:
        values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "MACHITRY_DATABASE_URL": server.url(database),
            "MACHITRY_LOG_LEVEL": "WARNING",
            "MACHITRY_REDIS_PREFIX": "bench-api-key",
            "PYTHONPATH": str(ROOT),
        }
        manage(values, "migrate", "-v0")
        device, token = manage(values, "shell", "-v0", "-c", _MAKE).split()
        bare: dict[str, Any] = {**values, "DJANGO_SETTINGS_MODULE": "benchmarks._api_key_settings"}
        ports = {"with": free_port(), "without": free_port()}
        urls = {
            name: f"http://127.0.0.1:{port}/api/v1/devices/{device}/latest" for name, port in ports.items()
        }
        health = {name: f"http://127.0.0.1:{port}/healthz" for name, port in ports.items()}
        with (
            serving(granian(ports["with"]), values, health["with"], OUT / "api_key-with.log"),
            serving(granian(ports["without"]), bare, health["without"], OUT / "api_key-without.log"),
        ):
            return turns(urls, token)


def main() -> None:
    need("wrk")
    OUT.mkdir(parents=True, exist_ok=True)
    environment = services()
    times = measure(environment, Server.of(environment))
    pairs = zip(times["with"], times["without"], strict=True)
    shares = [100 * (one - other) / one for one, other in pairs]
    # On a busy machine every question to another process waits for its turn; the quickest turns least so.
    quickest = 100 * (1 - min(times["without"]) / min(times["with"]))
    results = [
        Result("latest of one device, key checked, call counted", statistics.median(times["with"]), "ms"),
        Result("the same, neither checked nor counted", statistics.median(times["without"]), "ms"),
        Result("part of the request, median of turns", statistics.median(shares), "%", "wanted", WANTED),
        Result("part of the request, quickest turns", quickest, "%", "wanted", WANTED),
    ]
    conditions = {"server": "granian wsgi, 1 worker", "turns": f"{TURNS} of {SECONDS} s each, alternating"}
    report("api_key", conditions, results)


if __name__ == "__main__":
    main()
