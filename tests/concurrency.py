"""Several acts at the same moment, each on its own connection to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act returned or raised, in the order of ``acts``."""
    barrier = Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int) -> None:
        try:
            barrier.wait(60)
            results[index] = acts[index]()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not [thread for thread in threads if thread.is_alive()], "an act never came to its end"
    return results


def database_of_test() -> dict[str, Any]:
    """How psycopg reaches the database of this test."""
    base, name = settings.DATABASES["default"], connection.settings_dict["NAME"]
    return {
        "dbname": name,
        "user": base["USER"],
        "password": base["PASSWORD"],
        "host": base["HOST"],
        "port": base["PORT"],
    }


def locks_waited_for() -> int:
    """Connections to this database that wait for a lock; asked outside the test's transaction."""
    with psycopg.connect(**database_of_test()) as asking:
        row = asking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock'"
        ).fetchone()
    return int(row[0]) if row else 0
