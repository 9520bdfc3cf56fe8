"""Granian beside gunicorn, serving the same portal: which one `make demo` and deploy/ should run.

Same workers (2) and threads, same PostgreSQL, one after the other. gunicorn lives in .local/bench/gunicorn.

    make bench ONLY=servers
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks._harness import OUT, Result, Server, free_port, need, report, services, serving, wrk
from benchmarks.pages import fill, granian

SECONDS = 8
PAGES = (("healthz", "/healthz"), ("call page, warm", "/calls/2026/"), ("adopted list, rendered", "/trials/"))


def gunicorn(port: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "--workers", "2", "--worker-class", "gthread", "--threads", "4",
        "--bind", f"127.0.0.1:{port}", "config.wsgi:application",
    ]  # fmt: skip


def measure(command: list[str], port: int, environment: dict[str, str]) -> dict[str, float]:
    base = f"http://127.0.0.1:{port}"
    rates = {}
    with serving(command, environment, f"{base}/healthz", OUT / "servers.log"):
        for what, path in PAGES:
            headers = ("Cookie: sessionid=none",) if "rendered" in what else ()
            wrk(base + path, seconds=3, headers=headers)
            rates[what] = wrk(base + path, seconds=SECONDS, headers=headers)
    return rates


def main() -> None:
    need("wrk")
    OUT.mkdir(parents=True, exist_ok=True)
    folder = OUT / "gunicorn"
    if not folder.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), "gunicorn"], check=True
        )
    environment = services()
    server = Server.of(environment)
    with server.database("bench_servers") as name:
        values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MACHITRY_DATABASE_URL": server.url(name),
            "MACHITRY_LOG_LEVEL": "WARNING", "MACHITRY_REDIS_PREFIX": "bench-servers", "MACHITRY_DEMO": "1",
            "MACHITRY_MAIL_URL": f"file://{OUT}/mail", "PYTHONPATH": str(folder),
        }  # fmt: skip
        fill(values)
        ports = free_port(), free_port()
        ours = measure(granian(sys.executable, "config.wsgi:application", ports[0]), ports[0], values)
        theirs = measure(gunicorn(ports[1]), ports[1], values)
    results = [Result(what, ours[what], "req/s", "gunicorn gthread 2×4", theirs[what]) for what in ours]
    report("servers", {"server": "granian wsgi, 2 workers", "load": f"wrk -t1 -c16 -d{SECONDS}s"}, results)


if __name__ == "__main__":
    main()
