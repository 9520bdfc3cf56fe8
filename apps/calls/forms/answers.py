"""The screens of an application. Each keeps whatever can be stored; what is required is asked at the end."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of
from apps.core.text import clean_text

_LATITUDE_LIMIT, _LONGITUDE_LIMIT = 85.0, 180.0


class Typed(forms.CharField):
    """What a person typed or pasted, without what no text can hold."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_text(value) if isinstance(value, str) else value)


def _line(label: Any, *, help_text: Any = "", **attrs: Any) -> forms.CharField:
    return Typed(label=label, help_text=help_text, required=False, widget=forms.TextInput(attrs=attrs))


def _area(label: Any, rows: int, *, help_text: Any = "") -> forms.CharField:
    return Typed(
        label=label, help_text=help_text, required=False, widget=forms.Textarea(attrs={"rows": rows})
    )


class AnswersForm(forms.Form):
    """Base of the screens. ``version`` and ``base`` tell what the person saw when the page was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by field of ``Application``."""
        return {name: self.cleaned_data[name] for name in self.asked}

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


class WhoForm(AnswersForm):
    """Question 1. The company is asked only when none of the person's own was chosen."""

    org_kind = Typed(
        label=_("Kind of organization"),
        required=False,
        widget=forms.RadioSelect(choices=[(kind.value, kind.label) for kind in rules.KINDS]),
    )
    org_name = _line(_("Name of the company or organization"), autocomplete="organization")
    org_kana = _line(_("Reading in kana"), help_text=_("For example: カブシキガイシャミズオトギケン"))
    corporate_number = _line(
        _("Corporate number"),
        help_text=_(
            "13 digits, for corporations. Sole proprietors leave it empty. Universities and associations may."
        ),
        inputmode="numeric",
        autocomplete="off",
    )
    contact_name = _line(_("Contact person"), autocomplete="name")
    contact_email = _line(_("Contact e-mail"), inputmode="email", autocomplete="email", spellcheck="false")
    contact_phone = _line(_("Phone"), inputmode="tel", autocomplete="tel")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.application.organization_id is not None:
            for name in rules.ORGANIZATION_FIELDS:
                del self.fields[name]

    def clean_org_kind(self) -> str:
        kind = str(self.cleaned_data["org_kind"])
        return kind if kind in rules.KINDS else ""


class IdeaForm(AnswersForm):
    """Question 2."""

    title = _line(_("Title"), help_text=_("Up to 120 characters. Everyone will see it after adoption."))
    need = _area(_("The need it starts from"), 6, help_text=_("Whose trouble is it? Up to 1,000 characters."))


class PlanForm(AnswersForm):
    """Question 3."""

    plan = _area(
        _("What you will try"),
        9,
        help_text=_("What you measure, and how you will tell whether it worked. Up to 2,000 characters."),
    )


class DevicesForm(AnswersForm):
    """Question 4. A number, or honestly: not known yet."""

    device_count = _line(_("Number of devices"), inputmode="numeric", autocomplete="off")
    devices_undecided = forms.BooleanField(label=_("Not known yet"), required=False)

    def clean_device_count(self) -> int | None:
        typed = str(self.cleaned_data["device_count"])
        text = unicodedata.normalize("NFKC", typed).replace(",", "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= rules.MAX_DEVICES):
            raise ValidationError(_text("Write a number from 1 to 10,000."))
        return int(text)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("device_count") is not None and values.get("devices_undecided"):
            self.add_error("device_count", _text("Either write a number or tick “not known yet”."))
        return values


class PlaceForm(AnswersForm):
    """Question 5: a name, a point, or not decided yet."""

    place_name = _line(_("Name of the place"), help_text=_("For example: the weir of the irrigation canal"))
    latitude = _line(_("Latitude"), inputmode="decimal", autocomplete="off")
    longitude = _line(_("Longitude"), inputmode="decimal", autocomplete="off")
    place_undecided = forms.BooleanField(label=_("Not decided yet"), required=False)

    @property
    def asked(self) -> list[str]:
        return list(rules.question("place").fields)

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in self.asked}

    def start(self) -> dict[str, Any]:
        values = super().start()
        point = values.pop("place")
        if point is not None:
            values |= {"latitude": f"{point.y:.5f}", "longitude": f"{point.x:.5f}"}
        return values

    def clean_latitude(self) -> float | None:
        return self._degrees("latitude", _LATITUDE_LIMIT)

    def clean_longitude(self) -> float | None:
        return self._degrees("longitude", _LONGITUDE_LIMIT)

    def _degrees(self, name: str, limit: float) -> float | None:
        text = unicodedata.normalize("NFKC", str(self.cleaned_data[name])).replace("−", "-").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= limit:
            raise ValidationError(_text("Write degrees as a decimal number, for example 36.70120."))
        return round(value, 5)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        latitude, longitude = values.get("latitude"), values.get("longitude")
        values["place"] = None
        if latitude is not None and longitude is not None:
            values["place"] = Point(longitude, latitude, srid=4326)
        elif {"latitude", "longitude"}.isdisjoint(self.errors) and latitude != longitude:
            name = "latitude" if latitude is None else "longitude"
            self.add_error(name, _text("Latitude and longitude go together."))
        return values


FORMS: Mapping[str, type[AnswersForm]] = {
    "who": WhoForm,
    "idea": IdeaForm,
    "plan": PlanForm,
    "devices": DevicesForm,
    "place": PlaceForm,
}


class PledgeForm(forms.Form):
    """The pledges at the end; the form of the pledge is ticks, recorded with who and when."""

    publish = forms.BooleanField(label=rules.PLEDGES["publish"], required=False)
    personal_data = forms.BooleanField(label=rules.PLEDGES["personal_data"], required=False)
    terms = forms.BooleanField(label=rules.PLEDGES["terms"], required=False)

    @property
    def pledges(self) -> dict[str, bool]:
        return {name: bool(self.cleaned_data.get(name)) for name in rules.PLEDGES}
