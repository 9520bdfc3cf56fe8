"""What the forms of trials share: fields, and how a refusal of the domain is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.text import clean_text
from apps.trials.enums import Precision
from apps.trials.rules import PlaceFacts

#: Digits enough for a decimetre.
_PLACES = 6


class Words(forms.CharField):
    """What a person typed, without what no text can hold; what is only that is empty."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_text(value) if isinstance(value, str) else value)


def words(label: Any, rows: int, limit: int, help_text: Any = "", required: bool = False) -> forms.CharField:
    """A text of several lines."""
    widget = forms.Textarea(attrs={"rows": rows})
    return Words(label=label, help_text=help_text, required=required, max_length=limit, widget=widget)


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day, picked or typed."""
    faults = {"invalid": _("Write a day, for example 2027-03-31.")}
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=faults, **more)


class PlacesMixin(forms.Form):
    """Rows of places: a name, two numbers, and how exactly the public sees it. An emptied name takes the
    place away."""

    most_rows = 60

    def add_place_rows(self, places: list[PlaceFacts], *, spare: int) -> None:
        """Fields for ``places`` and ``spare`` new ones; as many as were posted, if any were."""
        posted = 0
        while f"place_{posted}_name" in self.data and posted < self.most_rows:
            posted += 1
        self.place_rows = posted if self.is_bound else len(places) + spare
        for number in range(self.place_rows):
            place = places[number] if number < len(places) else None
            self._add_place(f"place_{number}", place, number + 1)

    def _add_place(self, stem: str, place: PlaceFacts | None, number: int) -> None:
        say = {"number": number}
        degrees: dict[str, Any] = {
            "required": False,
            "widget": forms.TextInput(attrs={"inputmode": "decimal"}),
        }
        self.fields[f"{stem}_id"] = forms.CharField(
            required=False, max_length=40, widget=forms.HiddenInput, initial=place.id if place else ""
        )
        self.fields[f"{stem}_name"] = Words(
            label=_("Place %(number)d") % say,
            required=False,
            max_length=200,
            initial=place.name if place else "",
        )
        self.fields[f"{stem}_latitude"] = forms.FloatField(
            label=_("Latitude of place %(number)d") % say,
            min_value=-85,
            max_value=85,
            initial=place.latitude if place else None,
            **degrees,
        )
        self.fields[f"{stem}_longitude"] = forms.FloatField(
            label=_("Longitude of place %(number)d") % say,
            min_value=-180,
            max_value=180,
            initial=place.longitude if place else None,
            **degrees,
        )
        self.fields[f"{stem}_precision"] = forms.ChoiceField(
            label=_("How the public sees place %(number)d") % say,
            choices=Precision.choices,
            required=False,
            initial=place.precision if place else Precision.DISTRICT,
        )

    @property
    def place_fields(self) -> list[dict[str, Any]]:
        """The fields of each row, for the page."""
        names = ("id", "name", "latitude", "longitude", "precision")
        return [{name: self[f"place_{number}_{name}"] for name in names} for number in range(self.place_rows)]

    def typed_places(self) -> list[dict[str, Any]]:
        """What was typed, as ``rules.changes`` keeps places; rows without a name are none."""
        rows = []
        for number in range(self.place_rows):
            row = {
                name: self.cleaned_data.get(f"place_{number}_{name}")
                for name in ("id", "name", "latitude", "longitude", "precision")
            }
            if row["name"]:
                rows.append(
                    {**row, **_position(row), "precision": row["precision"] or Precision.DISTRICT.value}
                )
        return rows


def _position(row: dict[str, Any]) -> dict[str, float | None]:
    return {
        name: None if row[name] is None else round(row[name], _PLACES) for name in ("latitude", "longitude")
    }
