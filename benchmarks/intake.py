"""Staff's list of applications: 5,000 beside 50, on the same machine and the same server (Granian, WSGI).

Two databases and two servers; the requests alternate, so that both meet the same machine. Each answer
is made anew for a signed-in member of staff; p95 of REQUESTS answers. *Queries* are counted with
Django's own client on the same database. An export is compared by application, and by the memory of
its process.

    make bench ONLY=intake
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks._harness import OUT, ROOT, Result, Server, free_port, report, services, serving
from benchmarks.pages import granian

SMALL, LARGE = 50, 5_000
REQUESTS = 120
EXPORTS = 3
#: What was asked for: the large list within this much of the small one.
WANTED = 1.5
LIST = "/admin/calls/application/"
PAGES = {
    "list": LIST,
    "list, one call, sorted by title": f"{LIST}?call=2026&o=1",
    "last page": f"{LIST}?p={{last}}",
    "search, 1 hit (水門)": f"{LIST}?q={quote('水門')}",
    "search, every row (計測)": f"{LIST}?q={quote('計測')}",
    "search, none (雪玉)": f"{LIST}?q={quote('雪玉')}",
    "filter by flag (personal data)": f"{LIST}?flag=personal",
    "filter by flag (possibly a double)": f"{LIST}?flag=double",
    "filter by flag (does not fit the network)": f"{LIST}?flag=radio",
}


class Side:
    """One database with its server: ``total`` applications."""

    def __init__(self, total: int, environment: dict[str, str], server: Server) -> None:
        self.total, self.server = total, server
        self.name, self.port = f"bench_intake_{total}", free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MACHITRY_DATABASE_URL": server.url(self.name),
            "MACHITRY_BASE_URL": self.base, "MACHITRY_LOG_LEVEL": "WARNING",
            "MACHITRY_REDIS_PREFIX": self.name, "MACHITRY_MAIL_URL": f"file://{OUT}/mail",
        }  # fmt: skip
        self.session = ""

    def run(self, act: str, argument: Any) -> dict[str, Any]:
        """What ``_intake_data.<act>(argument)`` printed last, in the portal's shell."""
        script = f"from benchmarks._intake_data import {act}; {act}({argument!r})"
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
        done = subprocess.run(command, env=self.values, cwd=ROOT, check=True, capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer

    def fill(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, env=self.values, cwd=ROOT, check=True)
        self.session = self.run("fill", self.total)["session"]

    def path(self, path: str) -> str:
        return path.replace("{last}", str(-(-self.total // 50)))

    def ask(self, path: str) -> float:
        """Milliseconds until the whole answer is there."""
        request = urllib.request.Request(
            self.base + self.path(path), headers={"Cookie": f"sessionid={self.session}"}
        )
        begin = time.perf_counter()
        with urllib.request.urlopen(request, timeout=300) as answer:
            answer.read()
        return (time.perf_counter() - begin) * 1000


@contextlib.contextmanager
def side(total: int, environment: dict[str, str], server: Server) -> Iterator[Side]:
    """A filled database and its server with one worker."""
    made = Side(total, environment, server)
    with server.database(made.name):
        made.fill()
        command = granian(sys.executable, "config.wsgi:application", made.port)
        command[command.index("--workers") + 1] = "1"
        with serving(command, made.values, f"{made.base}/healthz", OUT / f"{made.name}.log"):
            yield made


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def measure(small: Side, large: Side, path: str) -> tuple[list[float], list[float]]:
    """Alternating requests, after a few that warm up."""
    for one in (small, large) * 5:
        one.ask(path)
    times: tuple[list[float], list[float]] = ([], [])
    for _n in range(REQUESTS):
        times[0].append(small.ask(path))
        times[1].append(large.ask(path))
    return times


def pages(small: Side, large: Side) -> list[Result]:
    counts = [one.run("count", [one.path(path) for path in PAGES.values()]) for one in (small, large)]
    results = []
    for what, path in PAGES.items():
        less, more = (found[one.path(path)] for found, one in zip(counts, (small, large), strict=True))
        results.append(Result(f"{what}: queries", more, "", f"{SMALL} rows", less))
        times = measure(small, large, path)
        results.append(Result(f"{what}: p95", p95(times[1]), "ms", f"{SMALL} rows", p95(times[0])))
        middle = [statistics.median(part) for part in times]
        results.append(Result(f"{what}: median", middle[1], "ms", f"{SMALL} rows", middle[0]))
    return results


def exports(small: Side, large: Side) -> list[Result]:
    results = []
    for kind in ("csv", "xlsx"):
        path = f"{LIST}export/{kind}/"
        counts = [one.run("count", [path])[path] for one in (small, large)]
        results.append(Result(f"export {kind}: queries", counts[1], "", f"{SMALL} rows", counts[0]))
        for one in (small, large):
            one.ask(path)
        each = [
            statistics.median(one.ask(path) for _n in range(times)) / one.total
            for one, times in ((small, 10 * EXPORTS), (large, EXPORTS))
        ]
        results.append(Result(f"export {kind}: one application", each[1], "ms", f"{SMALL} rows", each[0]))
        results.append(Result(f"export {kind}: {LARGE} applications", each[1] * LARGE / 1000, "s"))
        grown = large.run("peak", path)
        results.append(Result(f"export {kind}: memory it grows by", grown["kib"] / 1024, "MiB"))
        results.append(Result(f"export {kind}: size", grown["size"] / 2**20, "MiB"))
    return results


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    Path(OUT / "mail").mkdir(exist_ok=True)
    environment = services()
    server = Server.of(environment)
    with side(SMALL, environment, server) as small, side(LARGE, environment, server) as large:
        results = [*pages(small, large), *exports(small, large)]
    report("intake", {"applications": f"{LARGE:,} beside {SMALL}", "server": "granian wsgi, 1 worker each",
                      "load": f"one after the other, {REQUESTS} each, alternating"}, results)  # fmt: skip
    over = [row for row in results if row.what.endswith("p95") and (row.ratio or 0) > WANTED]
    for row in over:
        print(f"NOT within {WANTED}: {row.what}: {row.ratio}")


if __name__ == "__main__":
    main()
