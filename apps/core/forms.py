"""Parts of forms that several apps use and that know no model."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError, InvalidInput

_PLAUSIBLE: Final[dict[str, Any]] = {"min_value": -1e12, "max_value": 1e12, "required": False}


class Refusable(forms.Form):
    """A form that shows what the domain refused."""

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the domain at the field it concerns (``data["field"]``), else on top."""
        if isinstance(error, InvalidInput) and error.fields:
            for name, texts in error.fields.items():
                for text in texts:
                    self.add_error(name if name in self.fields else None, text)
            return
        field = error.data.get("field")
        self.add_error(field if field in self.fields else None, error.message)


class CodedChoice(forms.ModelMultipleChoiceField[Any]):
    """Rows that have a public number and a title, several of them: “2026-015 Water level”."""

    def label_from_instance(self, obj: Any) -> str:
        english = getattr(obj, "title_en", "") if get_language() == "en" else ""
        return f"{obj.code} {english or obj.title}"


class ValueParts(forms.Form):
    """What people say of one decoded value: every part may be empty.

    Lengths are those that the domain keeps (``devices.domain.fields``, which checks them for every door).
    """

    label = forms.CharField(label=_("Name in Japanese"), max_length=40, required=False)
    label_en = forms.CharField(label=_("Name in English"), max_length=40, required=False)
    unit = forms.CharField(label=_("Unit"), max_length=16, required=False)
    decimals = forms.IntegerField(label=_("Decimals"), min_value=0, max_value=6, required=False)
    low = forms.FloatField(label=_("Lowest plausible"), **_PLAUSIBLE)
    high = forms.FloatField(label=_("Highest plausible"), **_PLAUSIBLE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and low >= high:
            self.add_error("high", gettext("The highest must be more than the lowest."))
        return data
