"""Forms of devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.core.errors import DomainError, InvalidInput
from apps.core.text import clean_line
from apps.devices.models import DeviceModel
from apps.devices.rules import clean_app_key, clean_dev_eui, clean_join_eui
from apps.devices.selectors import models_in_use

_CODE = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"}


class WriteOnlyInput(forms.TextInput):
    """An input whose value never goes back to the page."""

    def format_value(self, value: Any) -> None:
        return None


class HexField(forms.CharField):
    """An identifier in hexadecimal digits, typed as on the label."""

    def __init__(self, *, cleaner: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.cleaner = cleaner

    @sensitive_variables("value")
    def clean(self, value: Any) -> str:
        return self.cleaner(super().clean(value))


class DeviceSettingsForm(forms.Form):
    """What can be changed later: name, model, place."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("As you call it on site, for example WL-03 weir.")
    )
    model = forms.ModelChoiceField(
        label=_("Model"),
        queryset=DeviceModel.objects.none(),
        required=False,
        empty_label=_("Not in the list, or not sure"),
        help_text=_("With a known model the data is decoded at once. It can be chosen later too."),
    )
    place_name = forms.CharField(label=_("Place"), max_length=200, required=False)
    latitude = forms.FloatField(label=_("Latitude"), min_value=-85, max_value=85, required=False)
    longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = models_in_use()  # type: ignore[attr-defined]
        for name in ("latitude", "longitude"):
            self.fields[name].widget.attrs["step"] = "any"

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Give the device a name of up to 80 characters."))
        return name

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & set(self.errors):
            missing = "latitude" if latitude is None else "longitude"
            self.add_error(missing, _("Give both latitude and longitude, or neither."))
        known = latitude is not None and longitude is not None
        values["place"] = Point(longitude, latitude, srid=4326) if known else None
        return values

    #: The map beside the fields reads the place from them.
    place_map: ClassVar[dict[str, Any]] = {"markers": []}

    def values(self) -> dict[str, Any]:
        """The cleaned values under the names of the domain."""
        names = ("name", "model", "place_name", "place")
        return {name: self.cleaned_data[name] for name in names}

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the domain at the field it concerns, else on top."""
        if isinstance(error, InvalidInput) and error.fields:
            for name, texts in error.fields.items():
                for text in texts:
                    self.add_error(name if name in self.fields else None, text)
            return
        field = error.data.get("field")
        self.add_error(field if field in self.fields else None, error.message)


class DeviceForm(DeviceSettingsForm):
    """Registering one device."""

    dev_eui = HexField(
        label="DevEUI",
        cleaner=clean_dev_eui,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("On the label of the device: 16 digits of 0–9 and A–F."),
    )
    join_eui = HexField(
        label="JoinEUI",
        cleaner=clean_join_eui,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("16 digits. Some makers call it AppEUI."),
    )
    app_key = HexField(
        label="AppKey",
        cleaner=clean_app_key,
        widget=WriteOnlyInput(attrs=_CODE),
        help_text=_("32 digits. It is kept encrypted and shown to nobody again."),
    )

    field_order = ("name", "dev_eui", "join_eui", "app_key", "model", "place_name", "latitude", "longitude")

    @sensitive_variables()
    def values(self) -> dict[str, Any]:
        keys = {name: self.cleaned_data[name] for name in ("dev_eui", "join_eui", "app_key")}
        return {**super().values(), **keys}
