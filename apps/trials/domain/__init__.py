"""Writes of trials."""

from __future__ import annotations

from apps.trials.domain.applying import EDITABLE, TRANSITIONS, StateEdit, TrialEdit, trial_apply
from apps.trials.domain.changing import change_ask, change_decide, change_preview, change_take_back
from apps.trials.domain.editing import (
    organization_trials_move,
    quota_change,
    trial_edit,
    trial_set_state,
)
from apps.trials.domain.opening import trial_open
from apps.trials.domain.project import Project, project_open
from apps.trials.domain.quota import quota_full, quota_take

__all__ = [
    "EDITABLE",
    "TRANSITIONS",
    "Project",
    "StateEdit",
    "TrialEdit",
    "change_ask",
    "change_decide",
    "change_preview",
    "change_take_back",
    "organization_trials_move",
    "project_open",
    "quota_change",
    "quota_full",
    "quota_take",
    "trial_apply",
    "trial_edit",
    "trial_open",
    "trial_set_state",
]
