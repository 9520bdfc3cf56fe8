from apps.calls.forms.answers import FORMS, AnswersForm, PledgeForm
from apps.calls.forms.staff import CallForm, DecisionForm, decision_start

__all__ = ["FORMS", "AnswersForm", "CallForm", "DecisionForm", "PledgeForm", "decision_start"]
