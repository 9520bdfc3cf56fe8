"""Where positions are not kept, and of whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import QuerySet

from apps.calls.enums import PersonalData
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
