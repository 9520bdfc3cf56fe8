"""Which profile of a network server a model has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from apps.audit.domain import record
from apps.devices.domain.provision_job import NO_PROFILE
from apps.devices.domain.provisioning import provision_want
from apps.devices.enums import ProvisionState
from apps.devices.models import ModelProfile, Provision

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def profile_save(*, profile: ModelProfile, actor: User | None) -> int:
    """Keep a new or other profile of a model, and try again the devices that were refused for its lack.

    How many those are. Devices that staff entered by hand before are not touched: the comparison lists
    them.
    """
    profile.full_clean()
    profile.save()
    data = {"server": profile.server.name, "profile": profile.profile_id}
    record(action="model_profile.save", actor=actor, target=profile.model, data=data)
    refused = Provision.objects.filter(
        Q(device__model=profile.model_id) | Q(device__model__base=profile.model_id),
        server=profile.server_id,
        state=ProvisionState.REFUSED,
        reason=NO_PROFILE,
    )
    rows = list(refused.select_related("device__trial", "device__model").order_by("device_id"))
    for row in rows:
        provision_want(device=row.device, actor=actor)
    return len(rows)


@transaction.atomic
def profile_delete(*, profile: ModelProfile, actor: User | None) -> None:
    """Take a model's profile away: its devices stay on the server, new ones are entered by hand."""
    data = {"server": profile.server.name, "profile": profile.profile_id}
    record(action="model_profile.delete", actor=actor, target=profile.model, data=data)
    profile.delete()
