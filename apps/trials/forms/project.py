"""A project of the city, or of the city with citizens, as staff open it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.calls.models import Theme
from apps.core.forms import Refusable
from apps.organizations.models import Organization
from apps.trials.domain import Project
from apps.trials.enums import TrialKind
from apps.trials.forms.base import PlacesMixin, Words, day_field, words
from apps.trials.rules import PlaceFacts

SPARE_PLACES = 3
TEXT_LIMIT = 5000


class ProjectForm(Refusable, PlacesMixin):
    """Everything a trial has, without an application."""

    kind = forms.ChoiceField(
        label=_("Who runs it"),
        choices=[row for row in TrialKind.choices if row[0] != TrialKind.APPLICATION],
        widget=forms.RadioSelect,
        initial=TrialKind.CITY,
    )
    title = Words(label=_("Title"), max_length=200)
    title_en = Words(label=_("Title (English)"), max_length=250, required=False)
    organization = forms.ModelChoiceField(
        Organization.objects.none(),
        label=_("Lead organization"),
        help_text=_("The city’s own, or a group of citizens the city works with."),
    )
    partners = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        label=_("Partners"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("They manage the trial as well."),
    )
    summary = words(_("What is tried"), 5, TEXT_LIMIT)
    summary_en = words(_("What is tried (English)"), 4, TEXT_LIMIT)
    need = words(_("The need it starts from"), 4, TEXT_LIMIT)
    measure = words(_("How it will be known"), 3, TEXT_LIMIT)
    learning = words(_("What is learned if it fails"), 3, TEXT_LIMIT)
    themes = forms.MultipleChoiceField(label=_("Themes"), required=False, widget=forms.CheckboxSelectMultiple)
    starts_on = day_field(_("First day"))
    ends_on = day_field(_("Last day"))
    report_due_on = day_field(
        _("Report due"), required=False, help_text=_("Empty: 30 days after the last day.")
    )
    devices = forms.IntegerField(
        label=pgettext_lazy("quota", "Devices"), min_value=0, max_value=10_000, initial=50
    )
    messages = forms.IntegerField(
        label=pgettext_lazy("quota", "Messages a day"), min_value=0, max_value=10_000_000, initial=5000
    )
    is_public = forms.BooleanField(label=_("Shown to the public"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Organization.objects.present().order_by("name")
        for name in ("organization", "partners"):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        themes: Any = self.fields["themes"]
        themes.choices = [(theme.code, theme.name) for theme in Theme.objects.all()]
        self.add_place_rows([], spare=SPARE_PLACES)

    def project(self) -> Project:
        """What ``project_open`` takes."""
        data = self.cleaned_data
        names = (
            *("title", "title_en", "organization", "partners", "summary", "summary_en", "need", "measure"),
            *("learning", "themes", "starts_on", "ends_on", "report_due_on", "devices", "messages"),
            "is_public",
        )
        return Project(
            kind=TrialKind(data["kind"]),
            places=[PlaceFacts(**row) for row in self.typed_places()],
            **{name: data[name] for name in names},
        )
