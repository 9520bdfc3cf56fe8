"""What a company types into its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.components import library
from apps.core.components.base import render
from apps.reports.enums import Outcome
from apps.reports.models import Report
from apps.reports.rules import FIELDS, problems


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ReportForm(forms.Form):
    """A draft: everything may be empty; what is required is asked when the report is handed in."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    outcome = forms.CharField(label=_("How did it come out?"), required=False)
    summary = forms.CharField(
        label=_("In two sentences"),
        help_text=_("What came out, for someone who reads only this. Up to 400 characters."),
        widget=_area(3),
        required=False,
    )
    hypothesis = forms.CharField(label=_("What was to be found out"), widget=_area(4), required=False)
    measured = forms.CharField(
        label=_("What was measured"),
        help_text=_("Where, how long, how often, how many messages arrived."),
        widget=_area(5),
        required=False,
    )
    did_not_work = forms.CharField(
        label=_("What did not work"), help_text=_("One line for each."), widget=_area(5), required=False
    )
    learned = forms.CharField(
        label=_("What was learned"), help_text=_("One line for each."), widget=_area(5), required=False
    )
    next_step = forms.CharField(label=_("To whoever tries next"), widget=_area(4), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].widget = forms.RadioSelect(choices=outcome_choices())

    @property
    def values(self) -> Mapping[str, str]:
        return {name: self.cleaned_data[name] for name in FIELDS}

    def refuse(self, faults: Mapping[str, list[str]]) -> None:
        """Show what the domain refused beside the fields."""
        for name, texts in faults.items():
            self.add_error(name if name in self.fields else None, texts)


def outcome_choices() -> list[tuple[str, str]]:
    """The four outcomes as they look everywhere, in their fixed order."""
    return [
        (outcome.value, render(library.Status, {"family": "outcome", "state": outcome.value}))
        for outcome in Outcome
    ]


def initial_values(report: Report | None) -> dict[str, Any]:
    """The form's values for ``report``, or for one that was not begun."""
    if report is None:
        return {"version": 0}
    return {"version": report.version, **{name: getattr(report, name) for name in FIELDS}}


def report_problems(report: Report | None) -> list[dict[str, str]]:
    """What is missing or too long before ``report`` can be handed in: field, label and text of each."""
    values = {name: getattr(report, name) if report else "" for name in FIELDS}
    labels = ReportForm.base_fields
    return [
        {"field": name, "label": str(labels[name].label), "text": text}
        for name, texts in problems(values).items()
        for text in texts
    ]


class ReturnForm(forms.Form):
    """Why staff send a report back."""

    reason = forms.CharField(
        label=_("What should be changed"),
        help_text=_("The company reads this in the mail and above its report."),
        widget=_area(4),
        max_length=2000,
    )
