"""Which place is meant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.mesh import mesh_code
from apps.core.registry import NamedPlace, named_places
from apps.core.text import clean_line
from apps.network.rules import square_asked, square_at

#: Names offered when several have the words.
MOST = 12


class PlaceForm(forms.Form):
    """A name, a mesh code or two numbers. Then: ``square`` (or empty), ``places`` to choose from."""

    q = forms.CharField(
        label=_("Place name, mesh code, or latitude and longitude"),
        help_text=_("For example 5537-01-47, or 36.701, 137.214."),
        required=False,
        max_length=100,
        strip=True,
    )
    latitude = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)

    square = ""
    #: The name under which the square was found.
    name = ""
    places: tuple[NamedPlace, ...] = ()

    def clean_q(self) -> str:
        words = clean_line(self.cleaned_data["q"])
        self.square = square_asked(words)
        if words and not self.square:
            self._find(words)
        return words

    def _find(self, words: str) -> None:
        found = named_places(words)
        squares = {square_of(place) for place in found}
        if not found:
            raise ValidationError(
                gettext(
                    "The portal knows no place “%(words)s”. Try the name of a district, or press on the map."
                )
                % {"words": words},
                code="unknown",
            )
        if len(squares) == 1:
            self.square, self.name = squares.pop(), found[0].name
        else:
            self.places = tuple(found[:MOST])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if values.get("q") or self.errors or (latitude is None and longitude is None):
            return values
        if latitude is None or longitude is None:
            words = gettext("Latitude and longitude are given together or not at all.")
            self.add_error("longitude" if longitude is None else "latitude", words)
            return values
        try:
            self.square = square_at(latitude, longitude)
        except ValidationError as error:
            self.add_error("latitude", error)
        return values


def square_of(place: NamedPlace) -> str:
    """The square that stands for ``place``: 250 m when it is exact, else its 1 km square."""
    square = square_at(place.latitude, place.longitude)
    return square if place.exact else mesh_code(place.latitude, place.longitude)
