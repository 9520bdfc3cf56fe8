"""The only writer of the states of mails and jobs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Conflict
from apps.outbox.enums import JobState, MessageState
from apps.outbox.models import Job, Message

M, J = MessageState, JobState
MESSAGE_TRANSITIONS: frozenset[tuple[MessageState, MessageState]] = frozenset(
    {
        (M.HELD, M.QUEUED),  # staff release the batch
        (M.HELD, M.DISCARDED),  # staff discard it
        (M.QUEUED, M.SENT),  # the mail server took it
        (M.QUEUED, M.FAILED),  # refused for good, or too many attempts
        (M.QUEUED, M.DISCARDED),  # a code that is no longer valid
        (M.FAILED, M.QUEUED),  # staff send it again
        (M.FAILED, M.DISCARDED),  # staff let it be
    }
)
JOB_TRANSITIONS: frozenset[tuple[JobState, JobState]] = frozenset(
    {(J.QUEUED, J.DONE), (J.QUEUED, J.FAILED), (J.FAILED, J.QUEUED)}
)


def messages_move(
    *, rows: Iterable[Message], to: MessageState, now: datetime | None = None, **fields: Any
) -> int:
    """Bring locked ``rows`` to ``to`` and set ``fields`` on each; a code's text goes when it is over."""
    rows = list(rows)
    for row in rows:
        if (MessageState(row.state), to) not in MESSAGE_TRANSITIONS:
            raise Conflict(_("This mail is in another state by now. Load the page again."))
    for row in rows:
        own = {"state": to, "updated_at": now or clock.now(), **fields}
        if row.secret and to in (M.SENT, M.FAILED, M.DISCARDED):
            own["body"] = ""
        Message.objects.filter(pk=row.pk).update(**own)
        for name, value in own.items():
            setattr(row, name, value)
    return len(rows)


def job_move(*, job: Job, to: JobState, **fields: Any) -> None:
    """Bring a locked ``job`` to ``to`` and set ``fields``."""
    if (JobState(job.state), to) not in JOB_TRANSITIONS:
        raise Conflict(_("This job is in another state by now. Load the page again."))
    for name, value in {"state": to, **fields}.items():
        setattr(job, name, value)
    job.save(update_fields=["state", "updated_at", *fields])
