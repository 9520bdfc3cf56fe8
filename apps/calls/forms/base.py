"""What the screens of an application share. Each keeps whatever can be stored; what is required is
asked at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of
from apps.core.text import clean_text


class Typed(forms.CharField):
    """What a person typed or pasted, without what no text can hold."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_text(value) if isinstance(value, str) else value)


def line(label: Any, *, help_text: Any = "", **attrs: Any) -> forms.CharField:
    return Typed(label=label, help_text=help_text, required=False, widget=forms.TextInput(attrs=attrs))


def area(label: Any, rows: int, *, help_text: Any = "") -> forms.CharField:
    return Typed(
        label=label, help_text=help_text, required=False, widget=forms.Textarea(attrs={"rows": rows})
    )


class ChoiceOfOne(Typed):
    """One of several answers, or none yet; what is not among them counts as none."""

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        self.known = {str(value) for value, _label in choices}
        super().__init__(required=False, widget=forms.RadioSelect(choices=choices), **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text if text in self.known else ""


class AnswersForm(forms.Form):
    """Base of the screens. ``version`` and ``base`` tell what the person saw when the page was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    slug = ""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field of ``Application``."""
        return {name: self.cleaned_data[name] for name in self.asked if name in self.cleaned_data}

    @property
    def asked(self) -> list[str]:
        return [name for name in rules.FIELDS if name in self.fields]

    def start(self) -> dict[str, Any]:
        """The form's values as the application holds them."""
        answers = answers_of(self.application)
        values = {name: answers[name] for name in self.asked}
        return {**values, "version": self.application.version, "base": rules.digest(values)}

    def refuse(self, faults: Mapping[str, list[str]]) -> None:
        """Show faults beside the fields of this screen."""
        for name, texts in faults.items():
            if name in self.fields:
                self.add_error(name, texts)


NOT_KNOWN = _("Not known yet")
