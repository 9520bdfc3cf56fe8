"""Task 3: devices, place and time."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import FacilityUse
from apps.calls.forms.base import NOT_KNOWN, AnswersForm, ChoiceOfOne, line
from apps.calls.forms.places import PlacesField
from apps.calls.rules.questions import MAX_SENSORS
from apps.calls.rules.sensors import INTERVALS, is_empty, sensor

_PARTS = ("name", "count", "interval_s", "payload_bytes")


class SensorsWidget(forms.Widget):
    """Rows of sensors, each with four inputs named ``<name>-<row>-<part>``; an empty row to fill."""

    template_name = "calls/_sensors_widget.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        held = data.get(name)
        if isinstance(held, list):  # the screen as it is stored, bound to show its faults
            return held
        rows = []
        for number in range(MAX_SENSORS + 5):
            given = {part: data.get(f"{name}-{number}-{part}") for part in _PARTS}
            if all(value is None for value in given.values()):
                continue
            row = sensor(
                given["name"] or "", given["count"], given["interval_s"] or "0", given["payload_bytes"]
            )
            if not is_empty(row):
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = list(value or [])
        extra = int(self.attrs.get("empty_rows", 0)) or (0 if rows else 1)
        # A new row begins with an interval that most sensors have.
        empty = {"name": "", "count": None, "interval_s": 600, "payload_bytes": None}
        context["rows"] = [
            {**row, "number": number, "label": number + 1}
            for number, row in enumerate([*rows, *[empty] * extra][: MAX_SENSORS + 1])
        ]
        context["intervals"] = [("" if value is None else str(value), label) for value, label in INTERVALS]
        context["described_by"] = (attrs or {}).get("aria-describedby", "")
        return context

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return f"{id_}-0-name"


class SensorsField(forms.Field):
    """A list of sensors as ``rules.sensors.sensor`` makes them. What is no number stays as typed."""

    widget = SensorsWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return list(value or [])


class DevicesForm(AnswersForm):
    """The sensors, or honestly: not known yet."""

    slug = "devices"
    sensors = SensorsField(label=_("Sensors"), required=False)
    devices_undecided = forms.BooleanField(label=NOT_KNOWN, required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("sensors"):
            values["devices_undecided"] = False
        return values


class DayField(forms.DateField):
    """A day, from the browser's own calendar or typed as 2027-01-12, 2027/1/12 or 2027年1月12日."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[年月/.．／]", "-", value.strip()).replace("日", "")
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(_text("Write the day as in 2027-01-12."), code="invalid") from error


class PeriodForm(AnswersForm):
    """From when until when; the call's own period unless it is changed."""

    slug = "period"
    period_from = DayField(label=_("First day"), required=False)
    period_until = DayField(label=_("Last day"), required=False)


class PlaceForm(AnswersForm):
    """Points and areas, or honestly: not decided yet; and facilities of the city that are used."""

    slug = "place"
    places = PlacesField(label=_("Points or areas"), required=False)
    place_undecided = forms.BooleanField(label=_("Not decided yet"), required=False)
    facilities = ChoiceOfOne(label=_("Do you use facilities of the city?"), choices=FacilityUse.choices)
    facility_name = line(_("Which facility"), help_text=_("For example: a bridge, a school, a lamp post"))
    facility_owner = line(_("Who keeps it"), help_text=_("The section of the city, if you know it."))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("places"):
            values["place_undecided"] = False
        return values
