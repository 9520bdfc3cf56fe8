"""Gateways by hand and from a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.validators import clean_hex
from apps.network.models import Gateway, NetworkServer
from apps.network.rules import file_text

MOST_BYTES = 300 * 1024


class GatewayForm(forms.ModelForm[Gateway]):
    """Latitude and longitude in place of a map, so that it works without one."""

    gateway_id = forms.CharField(
        label=_("gateway ID"), max_length=40, help_text=_("16 hexadecimal digits, from its label (EUI).")
    )
    latitude = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)

    class Meta:
        model = Gateway
        fields = ("name", "place_name", "height_m", "is_public", "server", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["gateway_id"].disabled = True
            self.initial["gateway_id"] = self.instance.gateway_id
            if self.instance.place:
                self.initial["latitude"] = round(self.instance.place.y, 6)
                self.initial["longitude"] = round(self.instance.place.x, 6)

    def clean_gateway_id(self) -> str:
        return clean_hex(self.cleaned_data["gateway_id"], 16, gettext("The gateway ID"))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if (latitude is None) != (longitude is None):
            if not {"latitude", "longitude"} & set(self.errors):
                words = gettext("Latitude and longitude are given together or not at all.")
                self.add_error("longitude" if longitude is None else "latitude", words)
        elif latitude is not None and longitude is not None:
            self.instance.place = Point(longitude, latitude, srid=4326)
        else:
            self.instance.place = None
        found = values.get("gateway_id")
        if found and self.instance._state.adding:
            self.instance.gateway_id = found
            if Gateway.objects.filter(gateway_id=found).exists():
                self.add_error("gateway_id", gettext("This gateway is entered already."))
        return values


class GatewayFileForm(forms.Form):
    """A file to look through first; ``text`` carries what was looked through to the second step."""

    server = forms.ModelChoiceField(
        label=_("network server"),
        queryset=NetworkServer.objects.all(),
        required=False,
        help_text=_("New gateways are entered for this server."),
    )
    file = forms.FileField(
        label=_("CSV file"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )
    text = forms.CharField(required=False, strip=False, max_length=MOST_BYTES, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        sent = values.get("file")
        if sent is None:
            if not values.get("text") and not self.errors:
                self.add_error("file", gettext("Choose a file."))
            return values
        if sent.size > MOST_BYTES:
            self.add_error("file", gettext("The file is larger than 300 KB."))
            return values
        try:
            values["text"] = file_text(sent.read())
        except ValidationError as error:
            self.add_error("file", error)
        return values
