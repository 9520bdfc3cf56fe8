"""A mask zone: a circle by numbers; the map writes the same numbers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.telemetry.models import MaskZone


class MaskZoneForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the zone"),
        max_length=80,
        required=False,
        help_text=_("For you to tell them apart. No names of people."),
    )
    latitude = forms.FloatField(label=_("Latitude"), min_value=-85, max_value=85)
    longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180)
    radius_m = forms.IntegerField(
        label=_("Radius"),
        min_value=10,
        max_value=5000,
        initial=50,
        help_text=_("50 m around homes is a sample. Choose what fits the place."),
    )

    @staticmethod
    def start(zone: MaskZone) -> dict[str, Any]:
        """What the form of an existing zone begins with."""
        return {
            "name": zone.name,
            "latitude": round(zone.centre.y, 6),
            "longitude": round(zone.centre.x, 6),
            "radius_m": zone.radius_m,
        }
