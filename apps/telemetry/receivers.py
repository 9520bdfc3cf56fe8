"""What telemetry does when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.outbox.domain import job_queue
from apps.telemetry.domain.over_quota import JOB
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial
from apps.trials.signals import quota_changed


@receiver(quota_changed, dispatch_uid="telemetry.over_quota")
def decode_what_waited(
    sender: Any, trial: Trial, kind: QuotaKind, before: int, granted: int, **kwargs: Any
) -> None:
    """More messages a day: what was stored undecoded is decoded by the worker."""
    if kind == QuotaKind.MESSAGES and granted > before:
        job_queue(kind=JOB, payload={"trial": str(trial.pk)})
