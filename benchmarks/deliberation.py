"""The deliberation of 300 applications with 5 reviews each, beside that of 3, on the same server
(Granian, WSGI, one worker).

*Queries* are counted with Django's own client: after a decision was changed (cold), and again (warm).
Times are those of whole answers to a signed-in member of staff: the warm page alternates with an empty
view of the admin (its frame with a small form, the same work queue), so that both meet the same machine;
for the cold page one decision is changed before each request.

    make bench ONLY=deliberation
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

SMALL, LARGE = 3, 300
REQUESTS = 100
COLD = 15
#: What was asked for: the warm page within so many times the empty view.
WANTED = 3.0
EMPTY = "/admin/password_change/"
_CALL = "/admin/calls/decision/{call}/"
PAGES = {
    "all applications": f"{_CALL}board/",
    "filtered and ordered by spread": f"{_CALL}board/?decision=open&order=spread",
    "words (計測)": f"{_CALL}board/?q={quote('計測')}",
    "map": f"{_CALL}map/",
    "one application": "/admin/calls/decision/application/{application}/",
    "to sign": f"{_CALL}sign/",
    "to make final": f"{_CALL}publish/",
    "scores as CSV": f"{_CALL}scores/csv/",
    "scores for Excel": f"{_CALL}scores/xlsx/",
}


class Side:
    """One database with its server: ``total`` applications."""

    def __init__(self, total: int, environment: dict[str, str], server: Server) -> None:
        self.total, self.port = total, free_port()
        self.name = f"bench_deliberation_{total}"
        self.base = f"http://127.0.0.1:{self.port}"
        self.values = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "MACHITRY_DATABASE_URL": server.url(self.name),
            "MACHITRY_BASE_URL": self.base, "MACHITRY_LOG_LEVEL": "WARNING",
            "MACHITRY_REDIS_PREFIX": self.name, "MACHITRY_MAIL_URL": f"file://{OUT}/mail",
        }  # fmt: skip
        self.made: dict[str, str] = {}

    def run(self, act: str, argument: Any) -> dict[str, Any]:
        """What ``_deliberation_data.<act>(argument)`` printed last, in the portal's shell."""
        script = f"from benchmarks._deliberation_data import {act}; {act}({argument!r})"
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
        done = subprocess.run(command, env=self.values, cwd=ROOT, check=True, capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer

    def fill(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, env=self.values, cwd=ROOT, check=True)
        self.made = self.run("fill", self.total)

    def path(self, path: str) -> str:
        return path.replace("{call}", self.made["call"]).replace("{application}", self.made["application"])

    def ask(self, path: str) -> tuple[float, int]:
        """(milliseconds until the whole answer is there, its bytes)."""
        headers = {"Cookie": f"sessionid={self.made['session']}"}
        request = urllib.request.Request(self.base + self.path(path), headers=headers)
        begin = time.perf_counter()
        with urllib.request.urlopen(request, timeout=300) as answer:
            size = len(answer.read())
        return (time.perf_counter() - begin) * 1000, size


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


def queries(small: Side, large: Side) -> list[Result]:
    found = [one.run("count", [one.path(path) for path in PAGES.values()]) for one in (small, large)]
    results = []
    for what, path in PAGES.items():
        few, many = (rows[one.path(path)] for rows, one in zip(found, (small, large), strict=True))
        for at, word in enumerate(("cold", "warm")):
            results.append(Result(f"{what}: queries, {word}", many[at], "", f"{SMALL} rows", few[at]))
    return results


def warm(one: Side, path: str) -> tuple[list[float], list[float]]:
    """The page and the empty view in turn, after a few that warm up."""
    for _n in range(5):
        one.ask(path)
        one.ask(EMPTY)
    times: tuple[list[float], list[float]] = ([], [])
    for _n in range(REQUESTS):
        times[0].append(one.ask(path)[0])
        times[1].append(one.ask(EMPTY)[0])
    return times


def pages(large: Side) -> list[Result]:
    results = []
    for what, path in PAGES.items():
        if "scores" in what:
            continue
        own, empty = warm(large, path)
        for word, middle in (
            ("median", statistics.median),
            ("p95", lambda row: statistics.quantiles(row, n=20)[-1]),
        ):
            results.append(Result(f"{what}: warm, {word}", middle(own), "ms", "empty view", middle(empty)))
    return results


def cold(large: Side) -> list[Result]:
    """A page after something changed, and all of it in a process's first words of a language."""
    board = PAGES["all applications"]
    size = large.ask(board)[1]
    times = []
    for _n in range(COLD):
        large.run("change", 1)
        times.append(large.ask(board)[0])
    return [
        Result("all applications: after a decision changed, median", statistics.median(times), "ms"),
        Result("all applications: size", size / 1024, "KiB"),
    ]


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    Path(OUT / "mail").mkdir(exist_ok=True)
    environment = services()
    server = Server.of(environment)
    with side(SMALL, environment, server) as small, side(LARGE, environment, server) as large:
        first = large.ask(PAGES["all applications"])[0]
        results = [
            *pages(large),
            Result("all applications: nothing kept yet", first, "ms"),
            *cold(large),
            *queries(small, large),
        ]
    report("deliberation", {"applications": f"{LARGE}, of each 5 reviews × 4 criteria",
                            "server": "granian wsgi, 1 worker", "queries": f"{LARGE} beside {SMALL} rows",
                            "load": f"one after the other, {REQUESTS} each, in turn"}, results)  # fmt: skip
    over = [row for row in results if row.peer == "empty view" and (row.ratio or 0) > WANTED]
    uneven = [row for row in results if "queries" in row.what and row.value != row.peer_value]
    for row in over:
        print(f"NOT within {WANTED}: {row.what}: {row.ratio}")
    for row in uneven:
        print(f"NOT the same: {row.what}: {row.value} and {row.peer_value}")


if __name__ == "__main__":
    main()
