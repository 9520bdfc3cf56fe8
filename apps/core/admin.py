"""The city's settings in the admin: one row, opened directly."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.domain import site_settings_save
from apps.core.models import SiteSettings
from apps.core.uploads import LOGO, picture_clean


class SiteSettingsForm(forms.ModelForm[SiteSettings]):
    class Meta:
        model = SiteSettings
        fields = "__all__"  # noqa: DJ007 -- every field of this row is for staff

    def clean_logo(self) -> Any:
        """The logo written anew, or what stands there now."""
        logo = self.cleaned_data["logo"]
        if not logo or "logo" not in self.changed_data:
            return logo
        return picture_clean(logo.file, LOGO)


@admin.register(SiteSettings)
class SiteSettingsAdmin(admin.ModelAdmin[SiteSettings]):
    """No list, no adding, no deleting: the entry leads to the form."""

    form = SiteSettingsForm
    readonly_fields = ("updated_at",)
    fieldsets = (
        (
            _("Names"),
            {
                "fields": (
                    ("site_name", "site_name_en"),
                    ("city_name", "city_name_en"),
                    ("network_name", "network_name_en"),
                )
            },
        ),
        (
            _("Contact"),
            {
                "fields": (
                    ("department", "department_en"),
                    "contact_email",
                    "contact_phone",
                    ("contact_hours", "contact_hours_en"),
                )
            },
        ),
        (_("Look"), {"fields": ("key_colour", "logo")}),
        (_("Map"), {"fields": (("map_latitude", "map_longitude"), "map_zoom")}),
        (_("End of a trial"), {"fields": ("devices_delete_after_days",)}),
        (_("Keeping readings"), {"fields": ("keep_uplinks_months", "keep_dead_letters_days")}),
        (
            _("API limits"),
            {
                "fields": (
                    "api_key_a_minute",
                    ("api_organization_a_minute", "api_organization_a_day"),
                    ("api_person_a_minute", "api_person_a_day"),
                    ("api_anonymous_a_minute", "api_refused_a_minute"),
                )
            },
        ),
        (None, {"fields": ("updated_at",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteSettings | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(reverse("admin:core_sitesettings_change", args=["1"]))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> SiteSettings | None:
        """The row, or its defaults when nothing was saved yet."""
        if object_id != "1":
            return None
        return super().get_object(request, object_id, from_field) or SiteSettings(pk=1)

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        site_settings_save(settings=obj, actor=request.user)
