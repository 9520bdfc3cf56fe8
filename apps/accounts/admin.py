"""People in the admin: staff and reviewers are added by e-mail; nobody gets a password."""

from __future__ import annotations

from typing import Any, ClassVar

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 -- registered here so that it can be taken out below
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from apps.accounts.domain import factors_remove, person_save
from apps.accounts.models import User


class PersonForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = (
            "email",
            "name",
            "language",
            "is_active",
            "is_staff",
            "is_reviewer",
            "is_superuser",
            "groups",
        )
        help_texts: ClassVar = {
            "email": _("The person signs in with this address and a code. No mail is sent now."),
            "is_superuser": _("May do everything in the administration."),
            "groups": "",
        }
        widgets: ClassVar = {"groups": forms.CheckboxSelectMultiple}

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("A person with this address is here already."))
        return email


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    form = PersonForm
    list_display = ("email", "name", "is_staff", "is_reviewer", "is_active", "last_login")
    list_filter = ("is_staff", "is_reviewer", "is_active", "unconfirmed")
    search_fields = ("email", "name")
    search_help_text = _("E-mail or name")
    readonly_fields = ("last_login", "created_at")
    list_per_page = 50
    actions = ("remove_factors",)
    fieldsets: ClassVar = (
        (None, {"fields": ("email", "name", "language", "is_active")}),
        (_("Work for the city"), {"fields": ("is_staff", "is_reviewer", "is_superuser", "groups")}),
        (None, {"fields": ("last_login", "created_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only who may do everything gives that right, or moves the address of the city's staff."""
        base: tuple[str, ...] = ("last_login", "created_at")
        if obj is not None and obj.is_staff and obj.pk != request.user.pk:
            base = (*base, "email")  # codes go there: who changes it becomes that person
        if getattr(request.user, "is_superuser", False):
            return ("last_login", "created_at")
        return (*base, "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who may do everything is changed only by their equals."""
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        person_save(user=obj, actor=request.user, changed=form.changed_data)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are closed (may sign in: off), so that the record keeps meaning."""
        return False

    @admin.action(description=_("Remove the second factors (lost phone)"))
    def remove_factors(self, request: HttpRequest, queryset: Any) -> None:
        """For a person known by voice or face who lost their phone; superusers only."""
        if not getattr(request.user, "is_superuser", False):
            messages.error(request, _text("Only people who may do everything can do this."))
            return
        for user in queryset:
            factors_remove(user=user, actor=request.user)
        messages.success(request, _text("Removed. They set up a new one after signing in by code."))


# Secrets of factors and allauth's own list of addresses are nothing to look at or to write.
for hidden in (Authenticator, EmailAddress):
    admin.site.unregister(hidden)
