"""Why a difference to a network server may stand."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class LetStandForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it may stand"),
        max_length=300,
        help_text=_("For your colleagues: for example that the device is being repaired."),
    )
