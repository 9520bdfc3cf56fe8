"""Mask zones: drawn, changed, taken away by those who manage the trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, NotAllowed
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.telemetry.models import MaskZone
from apps.telemetry.selectors.masks import handles_personal_data
from apps.trials.models import Trial
from apps.trials.permissions import manages_trial

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Of one trial: each uplink is compared with each.
MOST = 200


@transaction.atomic
def mask_zone_save(
    *,
    trial: Trial,
    organization: Organization,
    actor: User,
    name: str,
    latitude: float,
    longitude: float,
    radius_m: int,
    zone: MaskZone | None = None,
) -> MaskZone:
    """A new zone, or ``zone`` changed. It holds for what arrives from now on.

    Raises ``Conflict`` for a trial without personal data and for one zone too many. The audit row does not
    tell the place: it is somebody's home.
    """
    _may(actor, trial, organization)
    if not handles_personal_data(trial):
        raise Conflict(_("Mask zones are for trials that handle personal data."))
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if zone is None and MaskZone.objects.filter(trial=trial).count() >= MOST:
        raise Conflict(_("A trial can have %(most)d zones. Draw fewer, larger ones.") % {"most": MOST})
    zone = zone or MaskZone(trial=trial)
    zone.name = clean_line(name)
    zone.centre = Point(longitude, latitude, srid=4326)
    zone.radius_m = radius_m
    zone.full_clean()
    zone.save()
    record(
        action="mask_zone.save",
        actor=actor,
        target=zone,
        organization_id=organization.pk,
        data={"radius_m": radius_m},
    )
    return zone


@transaction.atomic
def mask_zone_remove(*, zone: MaskZone, organization: Organization, actor: User) -> None:
    """Take a zone away: from now on positions in it are kept."""
    _may(actor, zone.trial, organization)
    record(action="mask_zone.remove", actor=actor, target=zone, organization_id=organization.pk)
    zone.delete()


def _may(actor: User, trial: Trial, organization: Organization) -> None:
    if not manages_trial(actor, trial, organization):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))
