"""Forms of trials."""

from __future__ import annotations

from apps.trials.forms.changes import AskForm
from apps.trials.forms.deciding import DecideForm, StateForm
from apps.trials.forms.project import ProjectForm

__all__ = ["AskForm", "DecideForm", "ProjectForm", "StateForm"]
