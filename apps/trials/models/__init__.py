from __future__ import annotations

from apps.trials.models.council import CouncilTrial
from apps.trials.models.course import Milestone, Risk, TrialChange, TrialNote, TrialNumber, TrialVersion
from apps.trials.models.search import TrialSearch
from apps.trials.models.trial import Participant, Site, Trial, TrialQuerySet, TrialQuota

__all__ = [
    "CouncilTrial",
    "Milestone",
    "Participant",
    "Risk",
    "Site",
    "Trial",
    "TrialChange",
    "TrialNote",
    "TrialNumber",
    "TrialQuerySet",
    "TrialQuota",
    "TrialSearch",
    "TrialVersion",
]
