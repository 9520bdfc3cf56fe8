"""Reads of trials."""

from __future__ import annotations

from apps.trials.selectors.public import (
    ShownSite,
    TrialRow,
    access_public_trial,
    earlier_trials,
    map_markers,
    public_trials,
    public_trials_with_participants,
    public_years,
    shown_site,
    shown_sites,
    trial_row,
)
from apps.trials.selectors.workspace import (
    WorkspaceFacts,
    access_trial,
    may_change,
    quota_limit,
    quotas,
    trials_of,
    workspace_facts,
    workspace_steps,
)

__all__ = [
    "ShownSite",
    "TrialRow",
    "WorkspaceFacts",
    "access_public_trial",
    "access_trial",
    "earlier_trials",
    "map_markers",
    "may_change",
    "public_trials",
    "public_trials_with_participants",
    "public_years",
    "quota_limit",
    "quotas",
    "shown_site",
    "shown_sites",
    "trial_row",
    "trials_of",
    "workspace_facts",
    "workspace_steps",
]
