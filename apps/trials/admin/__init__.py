from __future__ import annotations

from apps.trials.admin.change import TrialChangeAdmin
from apps.trials.admin.council import CouncilAdmin
from apps.trials.admin.trial import TrialAdmin

__all__ = ["CouncilAdmin", "TrialAdmin", "TrialChangeAdmin"]
