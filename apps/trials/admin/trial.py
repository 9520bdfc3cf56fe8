"""Trials in the admin: what the public reads, the places, the quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError
from apps.trials.domain import (
    EDITABLE,
    quota_change,
    site_remove,
    site_save,
    trial_edit,
    trial_set_state,
)
from apps.trials.enums import QuotaKind, TrialState
from apps.trials.models import Participant, Site, Trial, TrialQuota


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
        help_texts = {"name": _("The public reads it unless the place is hidden. Write no exact address.")}

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


class SiteInline(admin.TabularInline[Site, Trial]):
    model = Site
    form = SiteForm
    extra = 0


class ParticipantInline(admin.TabularInline[Participant, Trial]):
    model = Participant
    fields = ("organization", "role", "access")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Trial)
class TrialAdmin(admin.ModelAdmin[Trial]):
    """Trials open by themselves when a company accepts; they are not added or deleted here."""

    list_display = ("code", "title", "organization", "fiscal_year", "phase_word", "is_public")
    list_filter = ("fiscal_year", "state", "is_public")
    search_fields = ("code", "title", "organization__name")
    list_select_related = ("organization",)
    list_per_page = 50
    readonly_fields = ("code", "organization", "application", "fiscal_year", "state")
    fields = (*readonly_fields, *EDITABLE)
    inlines = (QuotaInline, SiteInline, ParticipantInline)
    actions = ("stop_early", "resume")

    @admin.display(description=_("state"))
    def phase_word(self, trial: Trial) -> str:
        return str(trial.phase().label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Trial, form: Any, change: bool) -> None:
        fresh = Trial.objects.get(pk=obj.pk)
        changes = {name: form.cleaned_data[name] for name in EDITABLE if name in form.cleaned_data}
        trial_edit(trial=fresh, actor=request.user, changes=changes)  # type: ignore[arg-type]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Quotas and places through their domain functions."""
        rows = formset.save(commit=False)
        for row in rows:
            if isinstance(row, TrialQuota):
                kind = QuotaKind(row.kind)
                quota_change(trial=row.trial, kind=kind, granted=row.granted, actor=request.user)  # type: ignore[arg-type]
            elif isinstance(row, Site):
                site_save(site=row, actor=request.user)  # type: ignore[arg-type]
        for row in formset.deleted_objects:
            if isinstance(row, Site):
                site_remove(site=row, actor=request.user)  # type: ignore[arg-type]

    @admin.action(description=_("Say that the chosen trials ended early"))
    def stop_early(self, request: HttpRequest, queryset: QuerySet[Trial]) -> None:
        self._set(request, queryset, TrialState.STOPPED)

    @admin.action(description=_("Take back that the chosen trials ended early"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Trial]) -> None:
        self._set(request, queryset, TrialState.ACTIVE)

    def _set(self, request: HttpRequest, queryset: QuerySet[Trial], state: TrialState) -> None:
        for trial in queryset:
            try:
                trial_set_state(trial=trial, state=state, actor=request.user)  # type: ignore[arg-type]
            except DomainError as error:
                messages.error(request, f"{trial.code}: {error.message}")
        text = ngettext(
            "%(count)d trial changed. No mail was sent.",
            "%(count)d trials changed. No mail was sent.",
            len(queryset),
        )
        messages.success(request, text % {"count": len(queryset)})
