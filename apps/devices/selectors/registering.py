"""What the pages and the API of registering read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.devices.models import Device, DeviceModel
from apps.devices.selectors.device import access_device_by_key
from apps.organizations.models import Organization
from apps.trials.enums import Access
from apps.trials.models import Participant, Trial
from apps.trials.rules import OVER
from apps.trials.selectors import trials_of

if TYPE_CHECKING:
    import uuid


def model_of_label(profile_id: str, organization: Organization | uuid.UUID | None) -> DeviceModel | None:
    """The model whose label has this profile id (TR005), when only one of ``organization``'s own does, or
    none of those and only one of the city's."""
    found = list(DeviceModel.objects.usable_by(organization).filter(profile_ids__contains=[profile_id]))
    asked = [model for model in found if model.organization_id is not None] or found
    return asked[0] if len(asked) == 1 else None


def usable_models(organization: Organization) -> list[tuple[str, list[DeviceModel]]]:
    """What a device of ``organization`` can be, for choosing: (heading, models) of its own and of the city's,
    each only where there is one. One query."""
    own: list[DeviceModel] = []
    of_city: list[DeviceModel] = []
    for model in DeviceModel.objects.usable_by(organization):
        (of_city if model.organization_id is None else own).append(model)
    groups = [(_("Own device models"), own), (_("The city’s device models"), of_city)]
    return [group for group in groups if group[1]]


def trials_to_move_to(device: Device) -> QuerySet[Trial]:
    """Other trials that the device's organization manages and that are not over."""
    managed = Participant.objects.filter(organization=device.organization_id, access=Access.MANAGE)
    trials = trials_of(device.organization).filter(pk__in=managed.values("trial")).exclude(pk=device.trial_id)
    now = clock.now()
    return trials.filter(pk__in=[trial.pk for trial in trials if trial.phase(now) not in OVER])


def access_trial_by_key(*, key: ApiKey | Any, code: str) -> Trial:
    """A trial in which ``key`` may register: its organization manages it, and the key may see it."""
    trials = Trial.objects.filter(code=code, participants__organization=key.organization_id)
    limited = list(key.trials.values_list("pk", flat=True))
    if limited:
        trials = trials.filter(pk__in=limited)
    trial = trials.select_related("organization").first()
    if trial is None:
        raise NotFound(_("There is no such trial."))
    _check_manages(trial, key.organization)
    return trial


def access_device_to_write_by_key(*, key: ApiKey | Any, pk: uuid.UUID) -> Device:
    """A device that ``key`` may change; every other is ``NotFound``."""
    device = access_device_by_key(key=key, pk=pk)
    _check_manages(device.trial, key.organization)
    return device


def _check_manages(trial: Trial, organization: Organization | Any) -> None:
    if not trial.participants.filter(organization=organization, access=Access.MANAGE).exists():
        raise NotAllowed(_("Your organization can look at this trial but not change it."))
