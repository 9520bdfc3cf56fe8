"""Where positions are not kept, and of whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.calls.enums import PersonalData
from apps.core.errors import NotFound
from apps.devices.models import Device
from apps.telemetry.models import MaskZone
from apps.telemetry.rules.masks import Zone
from apps.trials.models import Trial


def handles_personal_data(trial: Trial) -> bool:
    """Whether ``trial`` was flagged for personal data at its application."""
    application = trial.application
    return application is not None and application.personal_data == PersonalData.YES


def _flagged() -> QuerySet[MaskZone]:
    return MaskZone.objects.filter(trial__application__personal_data=PersonalData.YES)


def zones_of_trials(trials: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[Zone]]:
    """The zones of those of ``trials`` that are flagged and have some. One query."""
    found: dict[uuid.UUID, list[Zone]] = defaultdict(list)
    rows = _flagged().filter(trial_id__in=trials).order_by().values_list("trial_id", "centre", "radius_m")
    for trial, centre, radius in rows:
        found[trial].append(Zone(centre.y, centre.x, radius))
    return found


def masked_dev_euis(dev_euis: Collection[str]) -> set[str]:
    """Those of ``dev_euis`` whose device stands, or stood, in a flagged trial with zones. One query."""
    if not dev_euis:
        return set()
    devices = Device.objects.filter(dev_eui__in=dev_euis, trial__in=_flagged().values("trial"))
    return set(devices.order_by().values_list("dev_eui", flat=True))


def access_mask_zone(*, trial: Trial, pk: uuid.UUID) -> MaskZone:
    """A zone of ``trial``; every other is ``NotFound``."""
    zone = MaskZone.objects.filter(trial=trial, pk=pk).select_related("trial").first()
    if zone is None:
        raise NotFound(_("This page does not exist."))
    return zone


def zones_map(zones: Sequence[MaskZone]) -> dict[str, Any]:
    """Data of the map component: the centres, numbered as in the list."""
    look = {"family": "device", "state": "paused", "url": ""}
    markers = [
        {"lat": zone.centre.y, "lon": zone.centre.x, "number": number, "title": zone.name, **look}
        for number, zone in enumerate(zones, start=1)
    ]
    return {"markers": markers}
