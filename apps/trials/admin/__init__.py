from __future__ import annotations

from apps.trials.admin.change import TrialChangeAdmin
from apps.trials.admin.trial import TrialAdmin

__all__ = ["TrialAdmin", "TrialChangeAdmin"]
