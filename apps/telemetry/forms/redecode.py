"""From which moment on uplinks are decoded again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.devices.models import DeviceModel

_FIRST_YEAR = 2000


class SinceForm(forms.Form):
    since = forms.DateTimeField(
        label=_("From this moment on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if since.year < _FIRST_YEAR:
            raise ValidationError(_("Choose a later moment."), code="early")
        return since

    def told(self, fields: dict[str, Any], message: str) -> None:
        """A refusal of the domain at its fields, or above the form."""
        for name, texts in fields.items():
            self.add_error(name if name in self.fields else None, texts)
        if not fields:
            self.add_error(None, message)


class RedecodeForm(SinceForm):
    """The same with the model to choose."""

    model = forms.ModelChoiceField(
        label=_("Device model"), queryset=DeviceModel.objects.filter(codecs__isnull=False).distinct()
    )
    field_order = ("model", "since")
