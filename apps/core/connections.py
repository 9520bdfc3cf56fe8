"""Connections to PostgreSQL: when one is away, and that they end with the thread that opened them."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.signals import connection_created

#: The database is not there, or takes nothing at the moment (``InternalError``: after a switch-over the
#: server that was the first only reads). A later try is sensible, over a new connection.
AWAY = (OperationalError, InterfaceError, InternalError)
_of_this_thread = threading.local()


class _Closer:
    """Closes a connection when the last reference to this is gone: its thread has ended."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be on its way out
            self.raw.close()


def _opened(connection: Any, **_signal: Any) -> None:
    kept = vars(_of_this_thread).setdefault("closers", {})
    kept[connection.alias] = _Closer(connection.connection)


def close_with_thread() -> None:
    """For servers whose threads come and go (Granian ends those that are idle for half a minute).

    Django keeps a connection with its thread and waits for the thread's next request to close it; when the
    thread ends instead, the wrapper is in a cycle, and the connection stays open until the collector looks:
    seldom, where it rests (``core.collector``). Seen with two workers of four threads: six connections more
    after each quiet half minute, until PostgreSQL takes no more.
    """
    connection_created.connect(_opened, dispatch_uid="close_with_thread")
