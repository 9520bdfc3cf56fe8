"""What a company and staff write while a trial runs: steps, notes, risks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.forms import Refusable
from apps.trials.enums import Degree, RiskState
from apps.trials.forms.base import Words, day_field, words
from apps.trials.models import Milestone, Risk


def _seen() -> forms.CharField:
    """When the row was written that the form shows."""
    return forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class MilestoneForm(Refusable):
    seen = _seen()
    title = Words(label=_("Step"), max_length=120)
    due_on = day_field(_("By"))
    done_on = day_field(_("Done on"), required=False, help_text=_("Leave it empty until it is done."))
    note = Words(label=_("Note"), max_length=300, required=False)
    is_public = forms.BooleanField(
        label=_("Show this step to everyone on the trial’s page"),
        required=False,
        help_text=_("The step and its day are shown, never the note."),
    )

    @staticmethod
    def start(row: Milestone) -> dict[str, Any]:
        """The form's values from ``row``."""
        names = ("title", "due_on", "done_on", "note", "is_public")
        return {"seen": row.updated_at.isoformat(), **{name: getattr(row, name) for name in names}}


class NoteForm(Refusable):
    text = words(
        _("Note"), 3, 1000, _("A sentence or two: what was done, what is in the way."), required=True
    )


class StaffNoteForm(NoteForm):
    staff_only = forms.BooleanField(
        label=_("Only the city reads it"),
        required=False,
        help_text=_("Otherwise the company reads it too, and it may stand on the council sheet."),
    )


def _degree(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=Degree.choices, coerce=int, widget=forms.RadioSelect, initial=Degree.LOW
    )


class RiskForm(Refusable):
    seen = _seen()
    title = Words(
        label=_("What may go wrong"),
        max_length=200,
        help_text=_("For example: the sensor is under snow and nothing arrives."),
    )
    scope = words(
        _("Whom and how far it would touch"),
        3,
        1000,
        _("Residents, traffic, the farm, only yourselves; how many, how far, how long."),
        required=True,
    )
    likelihood = forms.TypedChoiceField(
        label=_("How likely"),
        choices=Degree.choices,
        coerce=int,
        widget=forms.RadioSelect,
        initial=Degree.LOW,
    )
    effect = forms.TypedChoiceField(
        label=_("How grave"), choices=Degree.choices, coerce=int, widget=forms.RadioSelect, initial=Degree.LOW
    )
    measure = words(_("What you do about it"), 3, 1000)

    @staticmethod
    def start(row: Risk) -> dict[str, Any]:
        """The form's values from ``row``."""
        names = ("title", "scope", "likelihood", "effect", "measure")
        return {"seen": row.updated_at.isoformat(), **{name: getattr(row, name) for name in names}}


class RiskStateForm(Refusable):
    state = forms.ChoiceField(choices=RiskState.choices)


def tried(form: Refusable, act: Callable[..., Any], **more: Any) -> int:
    """Call ``act`` with what the form holds; 0, or the status of the page that shows what was refused."""
    if not form.is_valid():
        return 422
    try:
        act(**{**form.cleaned_data, **more})
    except DomainError as error:
        form.refuse(error)
        return error.status
    return 0
