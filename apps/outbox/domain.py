"""Queueing, releasing and sending. A row is written in the transaction of the fact it tells of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from apps.audit.domain import record
from apps.core import clock
from apps.outbox.enums import MessageState
from apps.outbox.models import Job, Message
from apps.outbox.signals import batch_released

JobHandler = Callable[[dict[str, Any]], None]
_handlers: dict[str, JobHandler] = {}


def register_job_handler(kind: str, handler: JobHandler) -> None:
    """``handler(payload)`` does jobs of ``kind``; it must be safe to call twice."""
    _handlers[kind] = handler


def message_queue(
    *,
    to: str,
    language: str,
    template: str,
    context: dict[str, Any],
    user: Any = None,
    held: bool = False,
    batch: str = "",
    secret: bool = False,
    dedupe_key: str | None = None,
) -> Message:
    """Render ``emails/<template>-subject.txt`` and ``-body.txt`` in ``language`` and queue the mail.

    ``held``: it waits until staff release its ``batch``. With a ``dedupe_key`` seen before, the
    earlier mail is returned and none is added.
    """
    with translation.override(language):
        subject = " ".join(render_to_string(f"emails/{template}-subject.txt", context).split())
        body = render_to_string(f"emails/{template}-body.txt", context).strip() + "\n"
    values = {
        "state": MessageState.HELD if held else MessageState.QUEUED,
        "to_email": to,
        "language": language,
        "template": template,
        "subject": subject[:300],
        "body": body,
        "user": user,
        "batch": batch,
        "secret": secret,
    }
    if dedupe_key is None:
        return Message.objects.create(**values)
    message, _created = Message.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
    return message


@transaction.atomic
def batch_release(*, batch: str, actor: Any, now: datetime | None = None) -> int:
    """Release all held mails of ``batch``; returns how many. Releasing twice releases once."""
    now = now or clock.now()
    rows = list(Message.objects.select_for_update().filter(batch=batch, state=MessageState.HELD))
    if not rows:
        return 0
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(state=MessageState.QUEUED, updated_at=now)
    record(action="outbox.release", actor=actor, data={"batch": batch, "mails": len(rows)})
    batch_released.send(sender=Message, batch=batch, actor=actor, now=now)
    return len(rows)


def job_queue(*, kind: str, payload: dict[str, Any], dedupe_key: str | None = None) -> Job:
    """Queue a job; with a ``dedupe_key`` seen before, the earlier one is returned."""
    if dedupe_key is None:
        return Job.objects.create(kind=kind, payload=payload)
    job, _created = Job.objects.get_or_create(
        dedupe_key=dedupe_key, defaults={"kind": kind, "payload": payload}
    )
    return job
