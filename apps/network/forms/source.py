"""A door for events as staff enter it."""

from __future__ import annotations

from django import forms

from apps.network.models import IngestSource


class SourceForm(forms.ModelForm[IngestSource]):
    class Meta:
        model = IngestSource
        fields = ("server", "name")
