"""The range of a page of series, as it stands in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import pgettext_lazy

#: As an input of that kind writes it.
LOCAL = "%Y-%m-%dT%H:%M"


def _moment(**kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    return forms.DateTimeField(widget=widget, required=False, **kwargs)


class RangeForm(forms.Form):
    """From and to, in the time of Japan."""

    since = _moment(label=pgettext_lazy("range", "From"))
    until = _moment(label=pgettext_lazy("range", "To"))

    def refuse(self, fields: dict[str, list[str]]) -> None:
        """Say what of the range cannot be answered, beside its field."""
        for name, texts in fields.items():
            self.add_error(name if name in self.fields else None, texts)
