"""Forms of dashboards: their name, a tile of each kind, a secret link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.devices.models import Device
from apps.telemetry.domain.dashboards import LINK_DAYS, MOST_DEVICES, TileValues
from apps.telemetry.enums import TileKind
from apps.telemetry.models import DashboardTile

HOURS = ((24, _("24 hours")), (168, _("7 days")), (720, _("30 days")), (8760, _("1 year")))


class DashboardForm(forms.Form):
    name = forms.CharField(label=_("Name of the dashboard"), max_length=80)


def _link_days() -> list[tuple[int, str]]:
    """Asked by each form: at import the words would be those of one language for good."""
    return [(days, ngettext("%d day", "%d days", days) % days) for days in LINK_DAYS]


class LinkForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=_link_days,
        initial=30,
    )
    note = forms.CharField(
        label=_("For whom"), max_length=80, required=False, help_text=_("Only your organization sees this.")
    )


class TileForm(forms.Form):
    """A tile of one kind: fields that the kind does not use are not there."""

    title = forms.CharField(
        label=_("Title"),
        max_length=80,
        required=False,
        help_text=_("If left empty, the title says what the tile shows."),
    )
    devices = forms.MultipleChoiceField(label=_("Devices"), widget=forms.CheckboxSelectMultiple)
    field = forms.ChoiceField(label=_("Field"))
    hours = forms.TypedChoiceField(label=_("Period"), coerce=int, choices=HOURS, initial=24)
    text = forms.CharField(
        label=_("Text"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Headings, lists, links and tables in Markdown."),
    )
    is_wide = forms.BooleanField(label=_("Full width"), required=False)

    def __init__(
        self,
        *args: Any,
        kind: TileKind,
        devices: Sequence[Device],
        names: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.known = {str(device.pk): device for device in devices}
        for name in UNUSED[kind]:
            del self.fields[name]
        if "devices" in self.fields:
            box = self.fields["devices"]
            box.choices = [(pk, device.name) for pk, device in self.known.items()]  # type: ignore[attr-defined]
            if kind in (TileKind.STATE, TileKind.MAP):
                box.required = False
                box.help_text = _("None chosen: all of the trial.")
            else:
                box.help_text = _("At most %(most)d.") % {"most": MOST_DEVICES}
        if "field" in self.fields:
            self.fields["field"].choices = list(names)  # type: ignore[attr-defined]

    @staticmethod
    def start(tile: DashboardTile) -> dict[str, Any]:
        """What the form of an existing tile begins with."""
        return {
            "title": tile.title,
            "devices": [str(pk) for pk in tile.devices.values_list("pk", flat=True)],
            "field": tile.fields[0] if tile.fields else "",
            "hours": tile.hours,
            "text": tile.text,
            "is_wide": tile.is_wide,
        }

    def values(self) -> TileValues:
        """The valid form as the domain takes it."""
        given = dict(self.cleaned_data)
        given["devices"] = [self.known[pk] for pk in given.get("devices", ())]
        return TileValues(kind=self.kind, **given)


UNUSED: dict[TileKind, tuple[str, ...]] = {
    TileKind.VALUE: ("hours", "text"),
    TileKind.CHART: ("text",),
    TileKind.MAP: ("field", "hours", "text"),
    TileKind.STATE: ("field", "hours", "text"),
    TileKind.TEXT: ("devices", "field", "hours"),
}
