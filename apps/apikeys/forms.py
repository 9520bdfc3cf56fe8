"""The forms of API keys: a new one, a person's, one in the place of another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.apikeys.enums import ORGANIZATION_SCOPES
from apps.core import clock
from apps.core.forms import CodedChoice, Refusable
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

LIFETIMES = (("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")))
#: Hours for which a key and the one in its place both work.
OVERLAPS = (
    ("0", _("not at all: the old key ends now")),
    ("1", _("one hour")),
    ("24", _("one day")),
    ("168", _("7 days")),
    ("720", _("30 days")),
)


class KeyForm(Refusable):
    """What every key has: a person's key has nothing else."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it will be used, for example “Collection server”.")
    )
    lifetime = forms.ChoiceField(
        label=_("Valid for"), choices=LIFETIMES, initial="365", widget=forms.RadioSelect
    )
    networks = forms.CharField(
        label=_("Only from these networks"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text=_(
            "Addresses or networks, one a line, for example 203.0.113.0/24 or 2001:db8::/32. "
            "Empty: from everywhere."
        ),
    )

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Give the key a name of up to 80 characters."))
        return name

    def values(self, *, now: datetime | None = None) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        days = timedelta(days=int(self.cleaned_data["lifetime"]))
        return {
            "name": self.cleaned_data["name"],
            "networks": self.cleaned_data["networks"].split(),
            "expires_at": (now or clock.now()) + days,
        }


class ApiKeyForm(KeyForm):
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope.value, scope.label) for scope in ORGANIZATION_SCOPES],
        widget=forms.CheckboxSelectMultiple,
    )
    trials = CodedChoice(
        label=_("Only these trials"),
        queryset=Trial.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none and it reads every trial of your organization, later ones too."),
    )
    field_order = ("name", "scopes", "trials", "lifetime", "networks")

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trials"].queryset = trials_of(organization)  # type: ignore[attr-defined]

    def values(self, *, now: datetime | None = None) -> dict[str, Any]:
        limited = {name: self.cleaned_data[name] for name in ("scopes", "trials")}
        return {**super().values(now=now), **limited}


class RotateForm(Refusable):
    overlap = forms.ChoiceField(
        label=_("Both keys work for"), choices=OVERLAPS, initial="168", widget=forms.RadioSelect
    )

    def values(self) -> dict[str, Any]:
        return {"overlap": timedelta(hours=int(self.cleaned_data["overlap"]))}
