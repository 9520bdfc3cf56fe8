"""The devices of trials at a glance, and what is next with them, for an organization's workspace."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.registry import Due
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.devices.selectors.listing import GROUP_WORDS, GROUPS, DeviceRow, device_rows
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.rules import OVER

#: Groups in which a device needs somebody.
NEEDS = ("error", "attention")


@dataclass(frozen=True)
class TrialDevices:
    """``counts``: sign, words, how many, of each group that is not empty, worst first; ``worst`` is the
    device that needs somebody first, of ``needs`` of the group ``group``."""

    counts: list[dict[str, Any]]
    total: int
    needs: int
    group: str
    worst: DeviceRow | None


def devices_of_trials(trials: Sequence[Trial]) -> dict[uuid.UUID, TrialDevices]:
    """By trial, those without devices left out. The number of queries is always the same."""
    devices = Device.objects.filter(trial__in=trials).exclude(state=DeviceState.RETIRED)
    found: dict[uuid.UUID, list[DeviceRow]] = {}
    for row in device_rows(list(devices.select_related("model", "organization").order_by("name", "dev_eui"))):
        found.setdefault(row.device.trial_id, []).append(row)
    return {trial: _glance(rows) for trial, rows in found.items()}


def _glance(rows: list[DeviceRow]) -> TrialDevices:
    counts = Counter(row.state.severity for row in rows)
    group = next((name for name in NEEDS if counts[name]), "")
    return TrialDevices(
        counts=[
            {"sign": GROUP_WORDS[name][0], "label": GROUP_WORDS[name][1], "value": counts[name]}
            for name in GROUPS
            if counts[name]
        ],
        total=len(rows),
        needs=counts[group] if group else 0,
        group=group,
        worst=next((row for row in rows if group and row.state.severity == group), None),
    )


def device_dues(trials: Sequence[Trial], organization: Organization) -> Iterator[Due]:
    """A trial that has no device yet."""
    used = set(Device.objects.filter(trial__in=trials).order_by().values_list("trial", flat=True).distinct())
    for trial in trials:
        if trial.pk not in used and trial.phase() not in OVER:
            yield Due(
                trial=trial.pk,
                title=_("Register the first device"),
                detail=_("The first takes about two minutes."),
                # Where the button stands for those who may.
                url=f"{reverse('trials:trial-workspace', args=[organization.pk, trial.code])}#devices",
            )
