"""Which devices and values are compared: as it stands in the address, so that it can be passed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.devices.models import Device
from apps.telemetry.selectors.fields import Field

#: Lines of the chart at most, and units: one on each side.
LINES, UNITS = 4, 2


class CompareForm(forms.Form):
    """``device`` and ``field``, each several times. Every device is drawn with every value that it has."""

    device = forms.MultipleChoiceField(
        label=gettext_lazy("Devices"), widget=forms.CheckboxSelectMultiple, required=False
    )
    field = forms.MultipleChoiceField(
        label=gettext_lazy("Values"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, data: Any, *, devices: Sequence[Device], fields: Sequence[Field]) -> None:
        super().__init__(data)
        self.choices: dict[str, Any] = {"device": devices, "field": fields}
        named = [(str(one.pk), f"{one.name} {one.place_name}".strip()) for one in devices]
        self.fields["device"].choices = named  # type: ignore[attr-defined]
        self.fields["field"].choices = [(one.name, one.heading) for one in fields]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("One of these is not there (any more). Choose again.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lines = len(data.get("device", ())) * len(data.get("field", ()))
        if lines > LINES:
            text = _("That would be %(count)s lines. At most %(most)s can be told apart.")
            self.add_error("device", text % {"count": lines, "most": LINES})
        units = {one.unit for one in self.choices["field"] if one.name in data.get("field", ())}
        if len(units) > UNITS:
            text = _("Those have %(count)s units. The chart has an axis on each side, for two.")
            self.add_error("field", text % {"count": len(units)})
        return data
