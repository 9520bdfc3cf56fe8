"""Telling the worker that rows wait. Rows are in PostgreSQL: without Redis they are found by the clock."""

from __future__ import annotations

import time

import structlog
from celery import current_app
from django.db import transaction

logger = structlog.get_logger(__name__)
#: How long a broker that did not answer is left alone, in seconds.
RETRY_AFTER = 10.0
#: A request must not wait for a broker that is away.
_IMPATIENT = {"max_retries": 0, "socket_timeout": 2}
_down_until = 0.0


def wake_on_commit() -> None:
    """Wake the drainer when the present transaction is committed; once, however many rows it queues."""
    connection = transaction.get_connection()
    if any(entry[1] is wake for entry in connection.run_on_commit):
        return
    transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Send the task by name. A broker that is away is logged, never raised: beat drains anyway."""
    global _down_until
    if time.monotonic() < _down_until:
        return
    try:
        with current_app.connection_for_write() as connection:
            connection.transport_options = {**(connection.transport_options or {}), **_IMPATIENT}
            current_app.send_task("outbox.drain", connection=connection, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001, RUF100 -- whatever the broker does, the mail is safe
        _down_until = time.monotonic() + RETRY_AFTER
        logger.warning("outbox_wake_failed", error=str(error))
