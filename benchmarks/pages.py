"""The public call page and the list of adopted trials, beside pretalx's event page.

Same machine, same server (Granian, WSGI), same workers, same PostgreSQL; one after the other.
*Warm*: as visitors meet it, from the cache of public pages. *Rendered*: each answer made anew
(a session cookie bypasses that cache). *Cold*: the first answer after everything kept was dropped.
pretalx renders each answer; it has its own environment in .local/bench/pretalx.

    make bench ONLY=pages
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks._harness import OUT, ROOT, Result, Server, free_port, need, report, services, serving, wrk

PRETALX = "pretalx==2025.2.2"
WORKERS = 2
SECONDS = 10
TRIALS = 300


def granian(python: str, application: str, port: int) -> list[str]:
    """As `deploy/` starts it: left to itself each worker opens threads, and connections, without end."""
    return [
        python, "-m", "granian", "--interface", "wsgi", "--workers", str(WORKERS), "--host", "127.0.0.1",
        "--port", str(port), "--no-access-log", "--blocking-threads", "4", "--no-ws", application,
    ]  # fmt: skip


def pretalx_environment() -> Path:
    """The peer's own virtual environment, made once."""
    folder = OUT / "pretalx"
    python = folder / "bin" / "python"
    if not python.exists():
        print("installing the peer …")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = [PRETALX, "granian", "psycopg[binary]", "faker", "freezegun", "beautifulsoup4"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def measure_pretalx(environment: dict[str, str], server: Server) -> float:
    """Requests a second of pretalx's event page with its own demo event."""
    python, port = str(pretalx_environment()), free_port()
    with server.database("bench_pretalx") as name:
        data = OUT / "pretalx-data"
        data.mkdir(parents=True, exist_ok=True)
        values = {
            **environment,
            "PRETALX_DB_TYPE": "postgresql", "PRETALX_DB_NAME": name, "PRETALX_DB_USER": server.user,
            "PRETALX_DB_HOST": server.host, "PRETALX_DB_PORT": server.port,
            "PRETALX_FILESYSTEM_MEDIA": str(data), "PRETALX_FILESYSTEM_STATIC": str(data / "static"),
            "PRETALX_FILESYSTEM_LOGS": str(data), "PRETALX_SITE_URL": f"http://127.0.0.1:{port}",
            "PRETALX_DEBUG": "False", "DJANGO_SETTINGS_MODULE": "pretalx.settings",
        }  # fmt: skip
        administrator = (
            "from django.contrib.auth import get_user_model as model;"
            "model().objects.create_user(email='a@example.org', password='a', is_administrator=True)"
        )
        event = ["create_test_event", "--slug", "democon"]
        for command in (["migrate"], ["shell", "--unsafe-disable-scopes", "-c", administrator], event):
            subprocess.run(
                [python, "-m", "pretalx", *command],
                env=values,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        url = f"http://127.0.0.1:{port}/democon/"
        with serving(granian(python, "pretalx.wsgi:application", port), values, url, OUT / "pretalx.log"):
            wrk(url, seconds=3)
            return wrk(url, seconds=SECONDS)


def fill(environment: dict[str, str]) -> None:
    """The demo's data, and trials up to TRIALS."""
    for command in (["migrate", "-v0"], ["load_demo"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=environment, cwd=ROOT, check=True)
    script = f"""
from django.contrib.gis.geos import Point
from apps.organizations.models import Organization
from apps.trials.models import Site, Trial
from datetime import date
organization = Organization.objects.first()
rows = [
    Trial(code=f"2019-{{n:03d}}", organization=organization, fiscal_year=2019, title=f"実証 {{n}}",
          summary="測って、わかったことを書きます。", starts_on=date(2019, 9, 1), ends_on=date(2020, 2, 28))
    for n in range(900, 900 + {TRIALS})
]
Trial.objects.bulk_create(rows)
Site.objects.bulk_create(
    Site(trial=row, name="富山市内", point=Point(137.1 + n / 1500, 36.6 + n / 2000))
    for n, row in enumerate(rows)
)
"""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script], env=environment, cwd=ROOT, check=True
    )


def cold(url: str, forget: list[str], environment: dict[str, str]) -> float:
    """Milliseconds of the first answer after the kept pages were dropped, median of 9."""
    times = []
    for _ in range(9):
        subprocess.run([*forget], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        time.sleep(1.1)  # a process may know the old generation for a second
        begin = time.perf_counter()
        with urllib.request.urlopen(url, timeout=20) as answer:
            answer.read()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def measure_portal(environment: dict[str, str], server: Server, peer: float) -> list[Result]:
    port, results = free_port(), []
    with server.database("bench_pages") as name:
        values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MACHITRY_DATABASE_URL": server.url(name),
            "MACHITRY_BASE_URL": f"http://127.0.0.1:{port}", "MACHITRY_LOG_LEVEL": "WARNING",
            "MACHITRY_REDIS_PREFIX": "bench-pages", "MACHITRY_DEMO": "1",
            "MACHITRY_MAIL_URL": f"file://{OUT}/mail",
        }  # fmt: skip
        fill(values)
        base = f"http://127.0.0.1:{port}"
        forget = [
            sys.executable, "manage.py", "shell", "-v0", "-c",
            "from apps.core.public_pages import changed; changed()",
        ]  # fmt: skip
        command = granian(sys.executable, "config.wsgi:application", port)
        with serving(command, values, f"{base}/healthz", OUT / "portal.log"):
            for what, path in (("call page", "/calls/2026/"), ("adopted list", "/trials/")):
                url = base + path
                wrk(url, seconds=3)
                warm = wrk(url, seconds=SECONDS)
                results.append(Result(f"{what}, warm", warm, "req/s", "pretalx event page", peer))
                wrk(url, seconds=3, headers=("Cookie: sessionid=none",))
                made = wrk(url, seconds=SECONDS, headers=("Cookie: sessionid=none",))
                results.append(
                    Result(f"{what}, rendered each time", made, "req/s", "pretalx event page", peer)
                )
                results.append(Result(f"{what}, cold (first answer)", cold(url, forget, values), "ms"))
    return results


def main() -> None:
    need("wrk")
    OUT.mkdir(parents=True, exist_ok=True)
    environment = services()
    server = Server.of(environment)
    peer = measure_pretalx(environment, server)
    results = measure_portal(environment, server, peer)
    report("pages", {"server": f"granian wsgi, {WORKERS} workers", "load": f"wrk -t1 -c16 -d{SECONDS}s",
                     "trials": TRIALS, "peer": PRETALX}, results)  # fmt: skip


if __name__ == "__main__":
    main()
