"""A company's own model: what it is, and what its decoded values are called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidInput
from apps.core.forms import Refusable, ValueParts
from apps.core.text import clean_line
from apps.devices.domain.fields import FIELDS_MOST, NAME_LENGTH, TEXTS
from apps.devices.models import DeviceModel

#: Empty rows under the values that are described.
ROWS_TO_ADD: Final = 3
_PROFILE = re.compile(r"[0-9A-F]{8}")


class BaseField(forms.ModelChoiceField[DeviceModel]):
    """One of the city's models, with what the radio makes of it."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} (LoRaWAN {obj.lorawan_version}, {obj.region}, {obj.device_class})"


class OwnModelForm(Refusable):
    """What a company says of its own model."""

    maker = forms.CharField(label=gettext_lazy("Maker"), max_length=100)
    name = forms.CharField(
        label=gettext_lazy("Model"),
        max_length=100,
        help_text=gettext_lazy("As your people call it, for example WL-2 with float."),
    )
    uplink_interval = forms.IntegerField(
        label=gettext_lazy("Time between two messages"),
        min_value=1,
        max_value=31 * 86400,
        initial=600,
        help_text=gettext_lazy(
            "As the device is set. After twice as long without a message it counts as late."
        ),
    )
    profile_ids = forms.CharField(
        label=gettext_lazy("Profile ids on the label"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "mono", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=gettext_lazy("From the QR text: 8 digits of 0–9 and A–F, several with commas between."),
    )

    def clean_profile_ids(self) -> list[str]:
        parts = [part for part in re.split(r"[\s,、，]+", self.cleaned_data["profile_ids"].upper()) if part]
        if not all(_PROFILE.fullmatch(part) for part in parts):
            raise ValidationError(_("Each has 8 digits of 0–9 and A–F."))
        return list(dict.fromkeys(parts))

    def values(self) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        return {name: self.cleaned_data[name] for name in ("maker", "name", "uplink_interval", "profile_ids")}


class NewModelForm(OwnModelForm):
    """The same with the model that it stands on."""

    base = BaseField(
        label=gettext_lazy("Stands on"),
        queryset=DeviceModel.objects.none(),
        empty_label=gettext_lazy("Choose one"),
        help_text=gettext_lazy(
            "The city’s model with the same radio: LoRaWAN version, region and class come from it, and the"
            " network knows your devices by it. What the payload means is up to you."
        ),
    )
    field_order = ("base", "maker", "name", "uplink_interval", "profile_ids")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].queryset = DeviceModel.objects.of_city()  # type: ignore[attr-defined]


class ValueForm(ValueParts):
    """One decoded value. Without a name nothing is said; ``gone``: it goes."""

    name = forms.CharField(
        label=gettext_lazy("Name in the codec"),
        max_length=NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "autocapitalize": "none", "spellcheck": "false"}),
    )
    gone = forms.BooleanField(label=gettext_lazy("Take this value away"), required=False)
    field_order = ("name",)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["name"] = clean_line(data.get("name") or "")
        if not data["name"] and any(data.get(part) not in (None, "") for part in (*TEXTS, "low", "high")):
            self.add_error("name", _("Write the name that the codec gives this value."))
        return data


class _ValueForms(forms.BaseFormSet[ValueForm]):
    """A form for each described value and ``ROWS_TO_ADD`` more; how many came is told by ``rows``."""

    def __init__(self, data: Any = None, *, fields: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(data)
        in_order = sorted(fields.items(), key=lambda item: item[1].get("order", FIELDS_MOST))
        self.described: list[dict[str, Any]] = [{"name": name, **row} for name, row in in_order]

    @cached_property
    def count(self) -> int:
        """How many rows there are."""
        told = str(self.data.get("rows", "")) if self.is_bound else ""
        if told.isascii() and told.isdecimal() and len(told) < 5:
            return min(int(told), FIELDS_MOST)
        return min(len(self.described) + ROWS_TO_ADD, FIELDS_MOST)

    @cached_property
    def forms(self) -> list[ValueForm]:
        data = self.data if self.is_bound else None
        known = self.described
        return [
            ValueForm(data, prefix=f"v{n}", initial=known[n] if n < len(known) else {})
            for n in range(self.count)
        ]

    def non_form_errors(self) -> ErrorList:
        return ErrorList()

    def is_valid(self) -> bool:
        seen: set[str] = set()
        for form in self.forms:
            form.is_valid()
            name, gone = form.cleaned_data.get("name"), form.cleaned_data.get("gone")
            if name and not gone and name in seen:
                form.add_error("name", _("This name stands here twice."))
            elif form.initial and not name and not gone and "name" not in form.errors:
                form.add_error("name", _("Write the name that the codec gives this value."))
            seen.add(name or "")
        return not any(form.errors for form in self.forms)

    def rows(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """(name, parts) of what is to stay, in the order of the page."""
        kept = [form.cleaned_data for form in self.forms]
        return [(row["name"], row) for row in kept if row["name"] and not row["gone"]]

    def refuse(self, error: InvalidInput) -> None:
        """What the domain refused, at the value and part it concerns."""
        by_name = {form.cleaned_data.get("name"): form for form in self.forms}
        for place, texts in error.fields.items():
            name, _dot, part = place.rpartition(".")
            form = by_name.get(name, self.forms[0])
            form.add_error(part if part in form.fields else None, texts)


ValueForms: Any = forms.formset_factory(ValueForm, formset=_ValueForms)
