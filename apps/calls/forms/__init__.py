from apps.calls.forms.answers import FORMS
from apps.calls.forms.base import AnswersForm
from apps.calls.forms.call import CallForm
from apps.calls.forms.safety import PledgeForm
from apps.calls.forms.where import DevicesForm

__all__ = ["FORMS", "AnswersForm", "CallForm", "DevicesForm", "PledgeForm"]
