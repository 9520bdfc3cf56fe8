"""What telemetry does when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.devices.models import Downlink
from apps.devices.signals import downlink_handed_over
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.outbox.domain import job_queue
from apps.telemetry.domain import downlinks
from apps.telemetry.domain.merging import organization_uplinks_move
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


@receiver(organization_merged, dispatch_uid="telemetry.merged")
def move_uplinks(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_uplinks_move(keep=keep.pk, gone=gone.pk)


@receiver(downlink_handed_over, dispatch_uid="telemetry.downlink")
def look_for_news(sender: Any, downlink: Downlink, **kwargs: Any) -> None:
    """A device that listens all the time may have it before the server's answer is stored here."""
    job_queue(kind=downlinks.JOB, payload={"downlink": str(downlink.pk)})
