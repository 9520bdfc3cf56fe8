"""The parts of a trial's form in the admin: its fields, quotas, places and partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.calls.models import Theme
from apps.organizations.models import Organization
from apps.trials.domain import TrialEdit
from apps.trials.enums import ParticipantRole, QuotaKind
from apps.trials.models import Participant, Site, Trial, TrialQuota
from apps.trials.rules import PlaceFacts


class TrialForm(forms.ModelForm[Trial]):
    """``seen``: the version that the page showed; another one by now is refused in words."""

    seen = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2_000_000_000, label=""
    )
    themes = forms.MultipleChoiceField(label=_("Themes"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        if "themes" in self.fields:
            known = {theme.code: theme.name for theme in Theme.objects.all()}
            # A theme that was since deleted stays until someone takes it off.
            gone = {code: code for code in self.instance.themes if code not in known}
            field: Any = self.fields["themes"]
            field.choices = list({**known, **gone}.items())

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        seen = self.cleaned_data.get("seen")
        if seen is not None and seen != self.instance.version:
            raise ValidationError(
                _("Someone else changed this trial meanwhile. Look at it again before you go on.")
            )
        return values


class QuotaForm(forms.ModelForm[TrialQuota]):
    class Meta:
        model = TrialQuota
        fields = ("granted",)

    def clean_granted(self) -> int:
        granted: int = self.cleaned_data["granted"]
        if granted < self.instance.used:
            text = ngettext(
                "%(used)d is in use. Grant at least that many, or have devices retired first.",
                "%(used)d are in use. Grant at least that many, or have devices retired first.",
                self.instance.used,
            )
            raise ValidationError(text % {"used": self.instance.used})
        return granted


class QuotaInline(admin.TabularInline[TrialQuota, Trial]):
    model = TrialQuota
    form = QuotaForm
    fields = ("kind", "granted", "used")
    readonly_fields = ("kind", "used")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SiteForm(forms.ModelForm[Site]):
    """The point as two numbers: no map script is needed."""

    latitude = forms.FloatField(label=_("Latitude"), min_value=-85, max_value=85, required=False)
    longitude = forms.FloatField(label=_("Longitude"), min_value=-180, max_value=180, required=False)

    class Meta:
        model = Site
        fields = ("name", "precision")
        help_texts: ClassVar = {
            "name": _("The public reads it unless the place is hidden. Write no exact address.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if point := self.instance.point:
            self.initial.update(latitude=point.y, longitude=point.x)

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        if self.errors:
            return values
        latitude, longitude = (self.cleaned_data.get(name) for name in ("latitude", "longitude"))
        if (latitude is None) != (longitude is None):
            raise ValidationError(_("Give both latitude and longitude, or neither."))
        known = latitude is not None and longitude is not None
        self.instance.point = Point(longitude, latitude, srid=4326) if known else None
        return values


class SiteInline(admin.StackedInline[Site, Trial]):
    model = Site
    form = SiteForm
    fields: ClassVar = ("name", ("latitude", "longitude", "precision"))
    extra = 0


class ParticipantForm(forms.ModelForm[Participant]):
    class Meta:
        model = Participant
        fields = ("organization", "access")
        labels: ClassVar = {"organization": _("organization")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organization"]
        field.queryset = Organization.objects.present().order_by("name")


class ParticipantInline(admin.TabularInline[Participant, Trial]):
    """Partners; the lead stays."""

    model = Participant
    form = ParticipantForm
    verbose_name = _("partner")
    verbose_name_plural = _("partners")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        return super().get_queryset(request).filter(role=ParticipantRole.PARTNER)


def edit_from(fields: Mapping[str, Any], formsets: Sequence[Any]) -> TrialEdit:
    """The whole page as one edit. ``formsets`` are valid; what they delete is left out."""
    rows: dict[type, list[Any]] = {TrialQuota: [], Site: [], Participant: []}
    shown = {formset.model for formset in formsets}
    for formset in formsets:
        gone = set(map(id, formset.deleted_forms))
        rows[formset.model] += [
            form
            for form in formset.forms
            if id(form) not in gone
            and (form.instance.pk and not form.instance._state.adding or form.has_changed())
        ]
    return TrialEdit(
        fields=fields,
        quotas={QuotaKind(form.instance.kind): form.instance.granted for form in rows[TrialQuota]},
        places=[_place(form) for form in rows[Site]] if Site in shown else None,
        partners={str(form.instance.organization_id): str(form.instance.access) for form in rows[Participant]}
        if Participant in shown
        else None,
    )


def _place(form: Any) -> PlaceFacts:
    site: Site = form.instance
    return PlaceFacts(
        id="" if site._state.adding else str(site.pk),
        name=site.name,
        latitude=site.point.y if site.point else None,
        longitude=site.point.x if site.point else None,
        precision=str(site.precision),
    )
