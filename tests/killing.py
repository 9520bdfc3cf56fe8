"""Processes of their own on this test's database, and SIGKILL where a lock holds them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psycopg
from django.db import connection

from tests.concurrency import database_of_test
from tests.databases import ROOT
from tests.services import wait_until


def locker() -> psycopg.Connection[tuple[object, ...]]:
    """A connection beside Django's; what it locks is free again with its end."""
    return psycopg.connect(**database_of_test())


def _environment() -> dict[str, str]:
    to = database_of_test()
    address = (
        f"postgresql://{to['user']}:{to['password']}@/{to['dbname']}?host={to['host']}&port={to['port']}"
    )
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "MACHITRY_DATABASE_URL": address,
        "PYTHONPATH": str(ROOT),
    }


def _others(what: str) -> int:
    """How many other connections to this database are as ``what`` says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            f"AND pid <> pg_backend_pid() AND {what}"
        )
        return int(cursor.fetchone()[0])


def killed_at_a_lock(script: str) -> None:
    """Run ``script`` until it waits for a lock that the caller holds, and kill it there.

    The caller frees the lock and then asks ``killed_is_gone``.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=_environment(), cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        wait_until("the lock", lambda: process.poll() is not None or _others("wait_event_type = 'Lock'"))
    finally:
        process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL, "it ended before it could be killed"


def killed_is_gone() -> None:
    """PostgreSQL noticed that the client is gone, and rolled back."""
    wait_until("the end of the killed", lambda: not _others("state <> 'idle'"))


def run_through(script: str) -> subprocess.CompletedProcess[str]:
    """Run ``script`` to its end, whatever that is."""
    return subprocess.run(
        [sys.executable, "-c", script],
        env=_environment(),
        cwd=ROOT,
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
