"""Who may do what with a device: predicates without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.devices.models import Device
from apps.trials.permissions import manages_trial

if TYPE_CHECKING:
    from apps.accounts.models import User


def manages_device(actor: User | Any, device: Device) -> bool:
    """The actor works for the device's organization, and that may manage the trial."""
    return manages_trial(actor, device.trial, device.organization)
