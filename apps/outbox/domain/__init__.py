"""Queueing, releasing and sending. A row is written in the transaction of the fact it tells of."""

from __future__ import annotations

from apps.outbox.domain.drain import Drained, outbox_drain
from apps.outbox.domain.queue import job_queue, jobs_queue, jobs_wake, message_queue
from apps.outbox.domain.registry import (
    JobHandler,
    attachment_build,
    register_attachment,
    register_job_handler,
)
from apps.outbox.domain.release import (
    batch_discard,
    batch_release,
    job_run_again,
    message_discard,
    message_send_again,
)

__all__ = [
    "Drained",
    "JobHandler",
    "attachment_build",
    "batch_discard",
    "batch_release",
    "job_queue",
    "job_run_again",
    "jobs_queue",
    "jobs_wake",
    "message_discard",
    "message_queue",
    "message_send_again",
    "outbox_drain",
    "register_attachment",
    "register_job_handler",
]
