"""Reading devices: the door to one, the rows of a list."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Subquery, When
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core.errors import NotAllowed, NotFound
from apps.core.memo import remembered
from apps.devices.enums import DeviceState
from apps.devices.models import CodecVersion, Device, DeviceModel, DeviceQuerySet
from apps.devices.permissions import manages_device
from apps.organizations.models import Organization
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@remembered
def access_device(
    *, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False
) -> Device:
    """A device that ``organization`` owns or shares a trial with; its organization and trial loaded.

    It is seen as that organization sees it, whoever looks (``Device.sight``); ``seen_from`` is its name. A
    stranger learns nothing (``NotFound``); who may only look is told so (``NotAllowed``).
    """
    owner = Organization.objects.visible_to(actor).filter(pk=organization)
    device = (
        Device.objects.visible_to(actor)
        .seen_by(organization)
        .filter(pk=pk, trial__participants__organization__in=owner)
        .annotate(seen_from=Subquery(owner.values("name")[:1]))
        .select_related("organization", "trial", "model")
        .first()
    )
    if device is None:
        raise NotFound(_("This page does not exist."))
    if write and (device.organization_id != organization or not manages_device(actor, device)):
        raise NotAllowed(_("You can look at this device but not change it. Ask your organization’s owner."))
    return device


def devices_of_trial(*, trial: Trial, organization: Organization) -> DeviceQuerySet:
    """The trial's devices as ``organization``, which takes part, sees them; retired ones last."""
    seen = Device.objects.seen_by(organization.pk)
    devices = seen.filter(trial=trial).select_related("model", "organization")
    retired = Case(When(state=DeviceState.RETIRED, then=1), default=0)
    return devices.order_by(retired, "name", "dev_eui")


def visible_to_key(key: ApiKey | Any) -> DeviceQuerySet:
    """Devices of the key's organization, in the trials it is limited to (none: all, with all their past)."""
    if key.organization_id is None:  # a key of a person, for open data
        return Device.objects.none()
    devices = Device.objects.filter(organization_id=key.organization_id)
    trials = list(key.trials.values_list("pk", flat=True))
    return devices.filter(trial_id__in=trials) if trials else devices.seen_whole()


def access_device_by_key(*, key: ApiKey | Any, pk: uuid.UUID) -> Device:
    """A device that ``key`` may see; every other is ``NotFound``."""
    device = visible_to_key(key).select_related("trial", "model").filter(pk=pk).first()
    if device is None:
        raise NotFound(_("There is no such device."))
    return device


def newest_codec(model: DeviceModel) -> CodecVersion | None:
    """The version that decodes now."""
    return CodecVersion.objects.standing().filter(model=model).first()
