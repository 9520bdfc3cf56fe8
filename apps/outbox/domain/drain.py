"""Sending what is queued and doing what waits.

Each row is locked, handed over and marked in one transaction, so several drainers share the work
and a crash leaves the row queued. Between the server's yes and the commit lies one moment: a crash
exactly there sends that one mail once more, with the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import models, transaction

from apps.core import clock
from apps.outbox.domain.enclosing import enclose
from apps.outbox.domain.registry import handler_of
from apps.outbox.domain.workflow import job_move, messages_move
from apps.outbox.enums import JobState, MessageState
from apps.outbox.integrations.transport import Outage, Refused, Transport, mail_of
from apps.outbox.models import Job, Message

logger = structlog.get_logger(__name__)
MAX_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)
#: A sign-in code that could not leave for so long helps nobody.
SECRET_LIFETIME = timedelta(minutes=30)
Row = TypeVar("Row", Message, Job)


@dataclass
class Drained:
    """What one run did. ``outage``: the mail server did not answer; its words."""

    sent: int = 0
    failed: int = 0
    done: int = 0
    outage: str = ""


def outbox_drain(*, limit: int = 200, now: datetime | None = None) -> Drained:
    """Send due mails (codes first) and do due jobs, oldest first, up to ``limit`` of each in a go.

    A job may take seconds: mails that came meanwhile leave before the next one. Never raises for a row.
    """
    drained = Drained()
    _send_due(drained, limit, now)
    for _turn in range(limit):
        if not _do_next(drained, now or clock.now()):
            break
        _send_due(drained, limit, now)
    return drained


def _send_due(drained: Drained, limit: int, now: datetime | None) -> None:
    with Transport() as transport:
        for _turn in range(limit):
            if drained.outage or not _send_next(transport, drained, now or clock.now()):
                break


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the ``attempts``-th failure: 1, 2, 4 … minutes, at most an hour."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_WAIT)


def _due(rows: models.QuerySet[Row], now: datetime) -> Row | None:
    time_has_come = models.Q(next_attempt_at__isnull=True) | models.Q(next_attempt_at__lte=now)
    waiting = rows.filter(time_has_come, state="queued")
    return waiting.select_for_update(skip_locked=True).first()


@transaction.atomic
def _send_next(transport: Transport, drained: Drained, now: datetime) -> bool:
    """Send the oldest due mail; False when there is none."""
    message = _due(Message.objects.order_by("-secret", "created_at"), now)
    if message is None:
        return False
    if message.secret and now - message.created_at > SECRET_LIFETIME:
        messages_move(rows=[message], to=MessageState.DISCARDED, now=now, last_error="Too late to be of use.")
        return True
    try:
        transport.send(mail_of(message, enclose(message)))
    except Outage as error:
        drained.outage = str(error)
        _wait(message, now, message.attempts, str(error))
        logger.warning("mail_server_away", error=str(error))
    except Refused as error:
        drained.failed += 1
        _fail(message, now, str(error))
    except Exception as error:  # noqa: BLE001, RUF100 -- one odd mail must not stop the others
        drained.failed += _retry_or_fail(message, now, f"{type(error).__name__}: {error}")
    else:
        drained.sent += 1
        messages_move(
            rows=[message],
            to=MessageState.SENT,
            now=now,
            sent_at=now,
            attempts=message.attempts + 1,
            last_error="",
        )
    return True


def _fail(message: Message, now: datetime, error: str) -> None:
    logger.warning("mail_failed", message=str(message.pk), error=error)
    fields = {"attempts": message.attempts + 1, "last_error": error[:300], "next_attempt_at": None}
    messages_move(rows=[message], to=MessageState.FAILED, now=now, **fields)


def _retry_or_fail(message: Message, now: datetime, error: str) -> int:
    attempts = message.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _fail(message, now, error)
        return 1
    _wait(message, now, attempts, error)
    return 0


def _wait(row: Message | Job, now: datetime, attempts: int, error: str) -> None:
    row.attempts, row.last_error = attempts, error[:300]
    row.next_attempt_at = now + wait_after(max(attempts, 1))
    row.save(update_fields=["attempts", "last_error", "next_attempt_at", "updated_at"])


@transaction.atomic
def _do_next(drained: Drained, now: datetime) -> bool:
    """Do the oldest due job; False when there is none. What a failing handler wrote is undone."""
    job = _due(Job.objects.order_by("created_at"), now)
    if job is None:
        return False
    attempts = job.attempts + 1
    try:
        with transaction.atomic():
            again = handler_of(job.kind)(job.payload)
    except Exception as error:  # noqa: BLE001, RUF100 -- one odd job must not stop the others
        words = f"{type(error).__name__}: {error}"
        logger.warning("job_failed", job=str(job.pk), kind=job.kind, error=words)
        if attempts < MAX_ATTEMPTS:
            _wait(job, now, attempts, words)
        else:
            drained.failed += 1
            job_move(job=job, to=JobState.FAILED, attempts=attempts, last_error=words[:300])
    else:
        if again is not None:
            job.next_attempt_at = again
            job.save(update_fields=["next_attempt_at", "updated_at"])
            return True
        drained.done += 1
        job_move(job=job, to=JobState.DONE, attempts=attempts, last_error="")
    return True
