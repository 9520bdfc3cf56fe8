"""What staff do with mails: release a batch, discard, send again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict
from apps.outbox.domain.workflow import job_move, messages_move
from apps.outbox.enums import JobState, MessageState
from apps.outbox.integrations.wake import wake_on_commit
from apps.outbox.models import Job, Message
from apps.outbox.selectors import digest_of
from apps.outbox.signals import batch_released


def _held(batch: str) -> list[Message]:
    """The held mails of ``batch``, locked. No batch means no mail."""
    if not batch:
        return []
    return list(Message.objects.select_for_update().filter(batch=batch, state=MessageState.HELD))


def _check(rows: list[Message], expected: int | None, seen: str | None) -> None:
    """The mails are those that were on the page, word for word."""
    other = expected is not None and expected != len(rows)
    if other or (seen is not None and seen != digest_of(rows)):
        raise Conflict(_("The mails of this batch changed since you looked. Please look again."))


@transaction.atomic
def batch_release(
    *,
    batch: str,
    actor: Any,
    expected: int | None = None,
    seen: str | None = None,
    now: datetime | None = None,
) -> int:
    """Release all held mails of ``batch``; returns how many. Releasing twice releases once.

    ``expected``: how many the person saw, ``seen``: their ``selectors.digest_of``; other mails than
    those are refused, nothing leaves. When none is held any more nothing happens.
    """
    now = now or clock.now()
    rows = _held(batch)
    if not rows:
        return 0
    _check(rows, expected, seen)
    messages_move(rows=rows, to=MessageState.QUEUED, now=now)
    record(action="outbox.release", actor=actor, data={"batch": batch, "mails": len(rows)})
    batch_released.send(sender=Message, batch=batch, actor=actor, now=now)
    wake_on_commit()
    return len(rows)


@transaction.atomic
def batch_discard(
    *,
    batch: str,
    actor: Any,
    expected: int | None = None,
    seen: str | None = None,
    now: datetime | None = None,
) -> int:
    """Discard all held mails of ``batch``: they are never sent. Returns how many."""
    rows = _held(batch)
    if rows:
        _check(rows, expected, seen)
        messages_move(rows=rows, to=MessageState.DISCARDED, now=now)
        record(action="outbox.discard", actor=actor, data={"batch": batch, "mails": len(rows)})
    return len(rows)


@transaction.atomic
def message_discard(*, message: Message, actor: Any, now: datetime | None = None) -> Message:
    """Discard one held or failed mail."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    messages_move(rows=[row], to=MessageState.DISCARDED, now=now)
    record(action="outbox.discard", actor=actor, target=row, data={"mails": 1})
    return row


@transaction.atomic
def message_send_again(*, message: Message, actor: Any, now: datetime | None = None) -> Message:
    """Queue a failed mail anew. A code's text is gone: that one cannot be sent again."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.secret:
        raise Conflict(_("This mail held a code that is no longer valid. The person can ask for a new one."))
    messages_move(rows=[row], to=MessageState.QUEUED, now=now, attempts=0, next_attempt_at=None)
    record(action="outbox.send_again", actor=actor, target=row, data={"mails": 1})
    wake_on_commit()
    return row


@transaction.atomic
def job_run_again(*, job: Job, actor: Any) -> Job:
    """Queue a failed job anew."""
    row = Job.objects.select_for_update().get(pk=job.pk)
    job_move(job=row, to=JobState.QUEUED, attempts=0, next_attempt_at=None)
    record(action="outbox.job_again", actor=actor, target=row)
    wake_on_commit()
    return row
