"""What devices do when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import ngettext

from apps.core.errors import Conflict
from apps.devices.domain import organization_devices_move
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.trials.models import Trial
from apps.trials.signals import participant_leaving


@receiver(organization_merged, dispatch_uid="devices.merged")
def move_devices(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_devices_move(keep=keep, gone=gone)


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
