"""What the screens of an application share. Each keeps whatever can be stored; what is required is
asked at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of
from apps.core.text import kept_text


class Typed(forms.CharField):
    """What a person typed or pasted, every space of it; it is cleaned when it is handed in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(kept_text(value) if isinstance(value, str) else value)


class BasesField(forms.CharField):
    """What the person saw of each answer, as JSON ``{unit: digest}``; nothing when it cannot be read."""

    widget = forms.HiddenInput

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value or {})

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]
        try:
            read = orjson.loads(value or "{}")
        except (TypeError, ValueError):
            return {}
        pairs = read.items() if isinstance(read, dict) else ()
        return {unit: base for unit, base in pairs if isinstance(base, str)}


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
    """Base of the screens. ``bases`` tells what the person saw when the page was opened, ``pen`` (filled
    by the script that saves by itself) which page it is."""

    bases = BasesField(required=False)
    pen = Typed(widget=forms.HiddenInput, required=False)
    slug = ""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field of ``Application``; fields that cannot be read are left out."""
        return {name: self.cleaned_data[name] for name in self.asked if name in self.cleaned_data}

    @property
    def seen(self) -> dict[str, str]:
        """The bases, by unit (``rules.merge``)."""
        return dict(self.cleaned_data.get("bases") or {})

    @property
    def writer(self) -> rules.Pen:
        return rules.pen_of(str(self.cleaned_data.get("pen") or ""))

    @property
    def asked(self) -> list[str]:
        return [name for name in rules.FIELDS if name in self.fields]

    @property
    def held(self) -> dict[str, Any]:
        """What the application holds of what is asked here, by field of ``Application``."""
        answers = answers_of(self.application)
        return {name: answers[name] for name in self.asked}

    def start(self) -> dict[str, Any]:
        """The form's values as the application holds them."""
        return {**self.held, "bases": rules.bases_of(self.held), "pen": ""}

    def see(self, bases: Mapping[str, str]) -> None:
        """Show the form again as it was typed, with new ``bases``."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["bases"] = json.dumps(dict(bases))
        self.data = data

    def refuse(self, faults: Mapping[str, list[str]]) -> None:
        """Show faults beside the fields of this screen."""
        for name, texts in faults.items():
            if name in self.fields:
                self.add_error(name, texts)


NOT_KNOWN = _("Not known yet")
