"""The screens of an application, by their address."""

from __future__ import annotations

from collections.abc import Mapping

from apps.calls.forms.base import AnswersForm
from apps.calls.forms.safety import ExtraForm, SafetyForm
from apps.calls.forms.what import IdeaForm, PlanForm
from apps.calls.forms.where import DevicesForm, PeriodForm, PlaceForm
from apps.calls.forms.who import ContactForm, WhoForm

FORMS: Mapping[str, type[AnswersForm]] = {
    form.slug: form
    for form in (
        WhoForm,
        ContactForm,
        IdeaForm,
        PlanForm,
        DevicesForm,
        PlaceForm,
        PeriodForm,
        SafetyForm,
        ExtraForm,
    )
}
