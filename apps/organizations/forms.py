"""Forms of the organization's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.forms import Refusable
from apps.core.text import clean_line
from apps.core.validators import clean_corporate_number
from apps.organizations.enums import Role
from apps.organizations.models import Organization
from apps.organizations.permissions import can_give_role

ROLE_WORDS = {
    Role.OWNER: _("Owner: everything, owners too"),
    Role.MANAGER: _("Manager: people, applications, reports, devices"),
    Role.ENGINEER: _("Engineer: devices, data and API keys"),
    Role.VIEWER: _("Viewer: reads everything, changes nothing"),
}


class RoleForm(Refusable):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, actor_role: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, words) for role, words in ROLE_WORDS.items() if can_give_role(actor_role, role)
        ]


class InvitationForm(RoleForm):
    field_order = ("email", "role", "language")
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    language = forms.ChoiceField(
        label=_("Language of the mail"), choices=settings.LANGUAGES, initial="ja", widget=forms.RadioSelect
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class OrganizationForm(forms.ModelForm[Organization]):
    class Meta:
        model = Organization
        fields = ("name", "name_kana", "website")
        labels = {
            "name": _("Name of the organization"),
            "name_kana": _("Name in kana"),
            "website": _("Website"),
        }
        widgets = {"website": forms.URLInput(attrs={"placeholder": "https://"})}

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"])

    def clean_name_kana(self) -> str:
        return clean_line(self.cleaned_data["name_kana"])


class ContactForm(forms.Form):
    corporate_number = forms.CharField(
        label=_("Corporate number"),
        max_length=40,
        help_text=_("13 digits."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_corporate_number(self) -> str:
        return clean_corporate_number(self.cleaned_data["corporate_number"])
