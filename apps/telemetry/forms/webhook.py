"""Forms of webhooks: what to tell whom, replacing the secret, sending a stretch again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.forms import CodedChoice, Refusable
from apps.organizations.models import Organization
from apps.telemetry.enums import NewsKind
from apps.telemetry.models import WebhookEndpoint
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

_PICKER = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class WebhookForm(Refusable):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What receives it, for example “Collection server”.")
    )
    url = forms.CharField(
        label=pgettext_lazy("webhook", "Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text=_("Your program’s own address. We send a POST with JSON there."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Send a message when"), choices=NewsKind.choices, widget=forms.CheckboxSelectMultiple
    )
    trials = CodedChoice(
        label=pgettext_lazy("webhook", "Only these trials"),
        queryset=Trial.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none and it tells of every trial of your organization, later ones too."),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trials"].queryset = trials_of(organization)  # type: ignore[attr-defined]

    @staticmethod
    def start(endpoint: WebhookEndpoint) -> dict[str, Any]:
        """What the form of an existing webhook begins with."""
        trials = [trial.pk for trial in endpoint.trials.all()]
        return {"name": endpoint.name, "url": endpoint.url, "kinds": endpoint.kinds, "trials": trials}


class RotateForm(Refusable):
    overlap = forms.TypedChoiceField(
        label=_("The present secret"),
        choices=(
            ("24", _("signs beside the new one for a day")),
            ("168", _("signs beside the new one for 7 days")),
            ("0", _("stops at once, because it leaked")),
        ),
        initial="24",
        coerce=lambda value: timedelta(hours=int(value)),
        widget=forms.RadioSelect,
    )


class ReplayForm(Refusable):
    since = forms.DateTimeField(label=_("From"), widget=_PICKER)
    until = forms.DateTimeField(label=_("Until (not included)"), widget=_PICKER)
    failed_only = forms.BooleanField(
        label=_("Only messages that were given up"), required=False, initial=True
    )
