"""What telemetry does when a lower app tells of a fact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.dispatch import receiver

from apps.core import clock
from apps.devices.models import DeviceModel, Downlink
from apps.devices.signals import codec_changed, downlink_handed_over
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.outbox.domain import job_queue
from apps.telemetry.domain import downlinks
from apps.telemetry.domain.merging import organization_outlets_move, organization_uplinks_move
from apps.telemetry.domain.over_quota import JOB
from apps.telemetry.domain.redecode import HELD_JOB, held_decode
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial
from apps.trials.signals import quota_changed

#: After so long every batch that was under way has come to its end.
LATER = timedelta(minutes=2)


@receiver(quota_changed, dispatch_uid="telemetry.over_quota")
def decode_what_waited(
    sender: Any, trial: Trial, kind: QuotaKind, before: int, granted: int, **kwargs: Any
) -> None:
    """More messages a day: what was stored undecoded is decoded by the worker.

    And once more a little later: a batch of the ingest may have read the number just before.
    """
    if kind == QuotaKind.MESSAGES and granted > before:
        for moment in (None, clock.now() + LATER):
            job_queue(kind=JOB, payload={"trial": str(trial.pk)}, not_before=moment)


@receiver(organization_merged, dispatch_uid="telemetry.merged")
def move_uplinks(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_uplinks_move(keep=keep.pk, gone=gone.pk)
    organization_outlets_move(keep=keep, gone=gone)


@receiver(downlink_handed_over, dispatch_uid="telemetry.downlink")
def look_for_news(sender: Any, downlink: Downlink, **kwargs: Any) -> None:
    """A device that listens all the time may have it before the server's answer is stored here."""
    job_queue(kind=downlinks.JOB, payload={"downlink": str(downlink.pk)})


@receiver(codec_changed, dispatch_uid="telemetry.codec")
def decode_what_was_held(sender: Any, model: DeviceModel, actor: Any, **kwargs: Any) -> None:
    """What waited for a stopped codec is decoded when one decodes again.

    And once more a little later: a batch of the ingest may have read just before that it was stopped.
    """
    started = held_decode(model_id=model.pk, actor=actor)
    if started is not None:
        job_queue(kind=HELD_JOB, payload={"model": str(model.pk)}, not_before=clock.now() + LATER)
