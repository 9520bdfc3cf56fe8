"""The form of a new API key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.apikeys.enums import Scope
from apps.core import clock
from apps.core.errors import DomainError, InvalidInput
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

LIFETIMES = (("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")))


class TrialChoice(forms.ModelMultipleChoiceField[Trial]):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.title}"


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it will be used, for example “Collection server”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    trials = TrialChoice(
        label=_("Only these trials"),
        queryset=Trial.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none and it reads every trial of your organization, later ones too."),
    )
    lifetime = forms.ChoiceField(
        label=_("Valid for"), choices=LIFETIMES, initial="365", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trials"].queryset = trials_of(organization)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Give the key a name of up to 80 characters."))
        return name

    def values(self, *, now: datetime | None = None) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        days = timedelta(days=int(self.cleaned_data["lifetime"]))
        values = {name: self.cleaned_data[name] for name in ("name", "scopes", "trials")}
        return {**values, "expires_at": (now or clock.now()) + days}

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the domain at the field it concerns, else on top."""
        if isinstance(error, InvalidInput) and error.fields:
            for name, texts in error.fields.items():
                for text in texts:
                    self.add_error(name if name in self.fields else None, text)
            return
        self.add_error(None, error.message)
