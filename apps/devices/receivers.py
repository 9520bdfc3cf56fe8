"""What devices do when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.devices.domain import organization_devices_move
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged


@receiver(organization_merged, dispatch_uid="devices.merged")
def move_devices(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_devices_move(keep=keep, gone=gone)
