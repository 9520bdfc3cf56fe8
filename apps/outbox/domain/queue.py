"""Queueing mails and jobs in the transaction of the fact they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from apps.core import clock
from apps.outbox.domain.registry import is_attachment
from apps.outbox.enums import JobState, MessageState
from apps.outbox.integrations.wake import wake_on_commit
from apps.outbox.models import Job, Message


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
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Message:
    """Render ``emails/<template>-subject.txt`` and ``-body.txt`` in ``language`` and queue the mail.

    ``held``: it waits until staff release its ``batch``. With a ``dedupe_key`` seen before, the
    earlier mail is returned and none is added. ``attachments``: ``{"kind", "args", "name"}`` each, made
    by what was registered for the kind when the mail leaves; raises ``LookupError`` for another kind.
    """
    rows = [_attachment(row) for row in attachments]
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
        "attachments": rows,
    }
    if not held:
        wake_on_commit()
    if dedupe_key is None:
        return Message.objects.create(**values)
    message, _created = Message.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
    return message


def _attachment(row: Mapping[str, Any]) -> dict[str, Any]:
    if not is_attachment(row["kind"]):
        raise LookupError(f"No builder for attachments of kind {row['kind']!r}.")
    return {"kind": row["kind"], "args": dict(row["args"]), "name": str(row["name"])[:150]}


def job_queue(
    *, kind: str, payload: dict[str, Any], dedupe_key: str | None = None, not_before: datetime | None = None
) -> Job:
    """Queue a job; with a ``dedupe_key`` seen before, the earlier one is returned.

    ``not_before``: it waits until then.
    """
    wake_on_commit()
    values = {"kind": kind, "payload": payload, "next_attempt_at": not_before}
    if dedupe_key is None:
        return Job.objects.create(**values)
    job, _created = Job.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
    return job


def jobs_queue(*, kind: str, payloads: Sequence[dict[str, Any]]) -> None:
    """Queue a job for each of ``payloads`` at once."""
    wake_on_commit()
    Job.objects.bulk_create(Job(kind=kind, payload=payload) for payload in payloads)


def jobs_wake(*, kind: str, now: datetime | None = None) -> int:
    """Let the jobs of ``kind`` that wait for later be done now; how many. One at work is left alone."""
    now = now or clock.now()
    waiting = Job.objects.filter(state=JobState.QUEUED, kind=kind, next_attempt_at__gt=now)
    rows = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if rows:
        Job.objects.filter(pk__in=rows).update(next_attempt_at=now)
        wake_on_commit()
    return len(rows)
