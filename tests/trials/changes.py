"""Wishes for a running trial, as the tests of changes share them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.accounts.models import User
from apps.trials.domain import change_ask
from apps.trials.models import Trial, TrialChange


def longer(trial: Trial, days: int = 60) -> dict[str, Any]:
    """A wish for more days."""
    ends = trial.ends_on + timedelta(days=days)
    return {"period": {"starts_on": trial.starts_on.isoformat(), "ends_on": ends.isoformat()}}


def asked(trial: Trial, actor: User, reason: str = "冬の水位も見たい。", **proposed: Any) -> TrialChange:
    """A request of the lead organization; ten more devices unless told otherwise."""
    return change_ask(
        trial=trial,
        organization=trial.organization,
        actor=actor,
        proposed=proposed or {"devices": 60},
        reason=reason,
    )
