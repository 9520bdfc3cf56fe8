"""The data of trials at a glance, for an organization's workspace."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Q

from apps.core import clock
from apps.telemetry.models import DeviceLatest, TrialDay
from apps.trials.models import Trial


@dataclass(frozen=True)
class TrialData:
    """``last_at``: when the newest uplink came (``last`` in words), ``today``: uplinks today."""

    last_at: datetime | None
    last: str
    today: int


def data_of_trials(trials: Sequence[Trial]) -> dict[uuid.UUID, TrialData]:
    """Two queries for all of ``trials``."""
    # What a device sent before it came is another trial's.
    here = Q(device__joined_trial_at=None) | Q(time__gte=F("device__joined_trial_at"))
    latest = DeviceLatest.objects.filter(here, device__trial__in=trials).order_by()
    last = dict(latest.values_list("device__trial").annotate(last=Max("time")))
    days = TrialDay.objects.filter(trial__in=trials, day=clock.local_date())
    today = dict(days.values_list("trial", "uplinks"))
    return {
        trial.pk: TrialData(
            last_at=last.get(trial.pk),
            last=clock.short(last[trial.pk]) if trial.pk in last else "",
            today=today.get(trial.pk, 0),
        )
        for trial in trials
    }
