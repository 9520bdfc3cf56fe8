"""What devices do when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from apps.core.errors import Conflict
from apps.devices.domain import organization_devices_move, organization_models_move
from apps.devices.domain.provisioning import FOLLOW_JOB, JOB, TAKE_AWAY_JOB
from apps.devices.enums import DeviceState
from apps.devices.models import Device, Provision
from apps.network.signals import server_ready
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.outbox.domain import job_queue, jobs_wake
from apps.trials.models import Trial
from apps.trials.signals import participant_leaving, trial_changed


@receiver(organization_merged, dispatch_uid="devices.merged")
def move_devices(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_devices_move(keep=keep, gone=gone)
    organization_models_move(keep=keep, gone=gone)


@receiver(participant_leaving, dispatch_uid="devices.partner_leaves")
def keep_partner(sender: Any, trial: Trial, organization: Organization, **kwargs: Any) -> None:
    """A partner whose devices still send in the trial cannot leave it."""
    rows = Device.objects.filter(trial=trial, organization=organization)
    count = rows.exclude(state=DeviceState.RETIRED).count()
    if count:
        text = ngettext(
            "%(name)s has %(count)d device in this trial. Have it retired first.",
            "%(name)s has %(count)d devices in this trial. Have them retired first.",
            count,
        )
        raise Conflict(text % {"name": organization.name, "count": count}, code="devices_left")


@receiver(trial_changed, dispatch_uid="devices.trial")
def follow_trial(sender: Any, trial: Trial, **kwargs: Any) -> None:
    """A pause, an early end, other days: what its devices may do on the network server is asked again."""
    if Provision.objects.filter(device__trial=trial).exists():
        job_queue(kind=FOLLOW_JOB, payload={"trial": str(trial.pk)})


@receiver(server_ready, dispatch_uid="devices.server")
def go_on(sender: Any, **kwargs: Any) -> None:
    """A network server can be worked with again: what waited for it is done now."""
    for kind in (JOB, TAKE_AWAY_JOB):
        jobs_wake(kind=kind)
