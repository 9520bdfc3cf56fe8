"""Writes of trials."""

from __future__ import annotations

from apps.trials.domain.editing import (
    EDITABLE,
    organization_trials_move,
    site_remove,
    site_save,
    trial_edit,
    trial_set_state,
)
from apps.trials.domain.opening import trial_open
from apps.trials.domain.quota import quota_change, quota_full, quota_take

__all__ = [
    "EDITABLE",
    "organization_trials_move",
    "quota_change",
    "quota_full",
    "quota_take",
    "site_remove",
    "site_save",
    "trial_edit",
    "trial_open",
    "trial_set_state",
]
