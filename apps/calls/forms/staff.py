"""What staff type about an application: a decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls.domain.decision import MOST, REASON_LIMIT
from apps.calls.models import Application

ADOPT, DECLINE = "adopt", "decline"


class DecisionForm(forms.Form):
    """Adopt with what is granted, or decline with a reason."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST)
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[(ADOPT, _("Adopt")), (DECLINE, _("Do not adopt"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    granted_devices = forms.IntegerField(
        label=_("Devices granted"), required=False, min_value=1, max_value=MOST
    )
    granted_messages = forms.IntegerField(
        label=_("Messages a day granted"), required=False, min_value=1, max_value=MOST
    )
    reason = forms.CharField(
        label=_("Reason told to the applicant"),
        help_text=_("It stands in the mail and on the applicant’s page. Required when not adopting."),
        required=False,
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    @property
    def decision_values(self) -> dict[str, Any]:
        """Arguments of ``application_decide``."""
        data = self.cleaned_data
        return {
            "version": data["version"],
            "adopt": data["decision"] == ADOPT,
            "granted_devices": data["granted_devices"],
            "granted_messages": data["granted_messages"],
            "reason": data["reason"],
        }


def decision_start(application: Application) -> dict[str, Any]:
    """The form's values: the decision so far, else what the call grants."""
    call = application.call
    decided = {"adopted": ADOPT, "declined": DECLINE}.get(application.state, "")
    return {
        "version": application.version,
        "decision": decided,
        "granted_devices": application.granted_devices or call.device_quota,
        "granted_messages": application.granted_messages or call.message_quota,
        "reason": application.decision_reason,
    }
