"""Signing in over real HTTP while Redis is gone: a server of its own whose Redis address leads nowhere."""

from __future__ import annotations

import http.cookiejar
import re
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import databases
from tests.services import managed

ASK = "/account/login/code/"


def browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def get(opener: urllib.request.OpenerDirector, address: str) -> str:
    with opener.open(address, timeout=60) as answer:
        return str(answer.read().decode())


def post(opener: urllib.request.OpenerDirector, address: str, **data: str) -> tuple[int, str]:
    """Status and final address after redirects, with the form's own token."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', get(opener, address))
    assert found is not None
    body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": found[1]}).encode()
    try:
        with opener.open(urllib.request.Request(address, body), timeout=60) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        with error:
            return error.code, address


@pytest.fixture(scope="module")
def portal(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[str, str]]:
    """(address of the server, address of its database)."""
    with django_db_blocker.unblock(), databases.another() as database:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        nowhere = "unix:///nonexistent/redis.sock?db=0"
        with managed(
            "runserver",
            "--noreload",
            f"127.0.0.1:{port}",
            log=tmp_path_factory.mktemp("portal") / "log",
            MACHITRY_DATABASE_URL=database,
            MACHITRY_REDIS_URL=nowhere,
        ) as process:
            base = f"http://127.0.0.1:{port}"
            _wait(base, process)
            yield base, database


def _wait(base: str, process: subprocess.Popen[bytes]) -> None:
    for _turn in range(450):
        assert process.poll() is None, "the server ended"
        try:
            get(browser(), base + "/healthz")
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


def test_public_pages_answer_and_people_sign_in_without_redis(portal: tuple[str, str]) -> None:
    base, database = portal
    visitor = browser()
    for page in ("/", "/calls/", "/trials/", "/reports/", "/en/"):
        assert "<main" in get(visitor, base + page)
    assert post(visitor, base + ASK, email="haru@example.jp")[1].startswith(base + ASK + "confirm/")
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT body FROM outbox_message WHERE to_email = 'haru@example.jp'"
        ).fetchone()
        assert row is not None
    code = re.findall(r"^\d{6}$", row[0], re.MULTILINE)[0]
    status, address = post(visitor, base + ASK + "confirm/", code=code)
    assert status == 200
    assert not address.startswith(base + "/account/login")
    # Two in ten minutes for an address while the database counts; five with Redis.
    answers = [post(browser(), base + ASK, email="haru@example.jp")[0] for _ in range(2)]
    assert answers == [200, 422]
    assert post(browser(), base + ASK, email="other@example.jp")[0] == 200
