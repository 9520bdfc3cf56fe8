"""Asking for a file of a trial's data."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core import clock
from apps.core.errors import DomainError
from apps.exports.enums import ExportFormat
from apps.telemetry.rules.export_words import EVENTS, HOURS, UPLINKS

WHAT = {
    "values": (UPLINKS, _("Messages with their decoded values")),
    "raw": (UPLINKS, _("Raw messages: payload and radio data as received")),
    "hours": (HOURS, _("Hourly values: count, lowest, mean, highest")),
    "events": (EVENTS, _("Device events: joins, acknowledgements, notes of the network")),
}
FORMATS = [
    (ExportFormat.CSV, _("CSV, opens in Excel")),
    (ExportFormat.JSONL, _("JSON Lines, for programs")),
]


class ExportForm(forms.Form):
    """``kind`` and ``asked`` of the cleaned form are those of ``export_ask``."""

    what = forms.ChoiceField(
        label=pgettext_lazy("export", "What"),
        widget=forms.RadioSelect,
        choices=[(name, row[1]) for name, row in WHAT.items()],
        initial="values",
    )
    device = forms.ChoiceField(label=_("Devices"), required=False)
    since = forms.DateField(
        label=pgettext_lazy("export", "From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=pgettext_lazy("export", "To (this day included)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    fields_wanted = forms.MultipleChoiceField(
        label=_("Only these values"), required=False, widget=forms.CheckboxSelectMultiple
    )
    format = forms.ChoiceField(
        label=_("Format"), widget=forms.RadioSelect, choices=FORMATS, initial=ExportFormat.CSV
    )
    gzip = forms.BooleanField(label=_("Compress the file (gzip)"), required=False)

    def __init__(
        self, *args: Any, devices: list[tuple[str, str]], fields: dict[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device"].choices = [("", _("All devices of the trial")), *devices]  # type: ignore[attr-defined]
        self.fields["fields_wanted"].choices = list(fields.items())  # type: ignore[attr-defined]
        if not fields:
            del self.fields["fields_wanted"]

    @property
    def kind(self) -> str:
        return WHAT[self.cleaned_data["what"]][0]

    def asked(self, trial: str) -> dict[str, Any]:
        """The parameters of the kind; days are those of Japan, the last one included."""
        data = self.cleaned_data
        asked: dict[str, Any] = {"trial": trial, "device": data["device"]}
        if data["since"]:
            asked["since"] = datetime.combine(data["since"], time.min, clock.TOKYO)
        if data["until"]:
            asked["until"] = datetime.combine(data["until"] + timedelta(days=1), time.min, clock.TOKYO)
        if self.kind == UPLINKS:
            asked["content"] = data["what"]
        if data["what"] in ("values", "hours") and data.get("fields_wanted"):
            asked["fields"] = data["fields_wanted"]
        return asked

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day is not None and day.year > 9000:
            raise forms.ValidationError(_("Give a time such as 2026-11-01T09:00:00+09:00."))
        return day

    def refuse(self, error: DomainError) -> None:
        """Show what the domain refused beside its field, or on top."""
        places = getattr(error, "fields", {})
        for name, texts in places.items():
            field = {"fields": "fields_wanted"}.get(name, name)
            for text in texts:
                self.add_error(field if field in self.fields else None, text)
        if not places:
            self.add_error(None, error.message)
