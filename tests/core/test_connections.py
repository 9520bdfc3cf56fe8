"""A thread that ends takes its connection to PostgreSQL with it, also while the collector rests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from apps.core.connections import close_with_thread
from tests.services import wait_until


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def closing() -> Iterator[None]:
    close_with_thread()
    yield
    connection_created.disconnect(dispatch_uid="close_with_thread")


def _asked_by_a_thread() -> int:
    """The process of PostgreSQL that answered a thread which has ended since."""
    found: list[int] = []

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            found.extend(cursor.fetchone())

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def _open(pids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [pids])
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_ends_takes_its_connection_along(no_collector: None, closing: None) -> None:
    pids = [_asked_by_a_thread() for _number in range(5)]
    assert len(set(pids)) == 5
    # PostgreSQL ends what served a connection a moment later.
    wait_until("the connections are closed", lambda: _open(pids) == 0, seconds=20)
