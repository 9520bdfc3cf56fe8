"""Why a message is thrown away."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class DiscardForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it not needed?"),
        max_length=300,
        help_text=_("One sentence. Whoever asks later reads it."),
    )
