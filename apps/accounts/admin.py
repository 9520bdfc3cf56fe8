"""People in the admin: staff and reviewers are added by e-mail; nobody gets a password."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.domain import person_save
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
        }

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
    filter_horizontal = ("groups",)
    list_per_page = 50
    fieldsets: ClassVar = (
        (None, {"fields": ("email", "name", "language", "is_active")}),
        (_("Work for the city"), {"fields": ("is_staff", "is_reviewer", "is_superuser", "groups")}),
        (None, {"fields": ("last_login", "created_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only who may do everything gives that right."""
        base = ("last_login", "created_at")
        return base if getattr(request.user, "is_superuser", False) else (*base, "is_superuser", "groups")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        person_save(user=obj, actor=request.user, changed=form.changed_data)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are closed (may sign in: off), so that the record keeps meaning."""
        return False
