"""Joint applicants: whom to invite, and for whom one takes part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.forms.base import Typed
from apps.core.forms import Refusable
from apps.core.text import clean_line
from apps.core.validators import clean_corporate_number
from apps.organizations.enums import OrganizationKind
from apps.organizations.models import Organization

NEW = "new"


class JointForm(Refusable):
    """A partner to invite."""

    org_name = Typed(
        label=_("Name of the joint applicant"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    contact_name = Typed(
        label=_("Contact person there"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
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


class JointConfirmForm(Refusable):
    """For which organization a partner takes part: one of the person's own, or a new one."""

    organization = forms.ChoiceField(
        label=_("For which organization do you take part?"), widget=forms.RadioSelect
    )
    contact_name = Typed(
        label=_("Your name"),
        max_length=100,
        help_text=_("The lead applicant sees it beside your e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind of organization"),
        choices=[(kind.value, kind.label) for kind in rules.KINDS],
        widget=forms.RadioSelect,
        required=False,
    )
    name = Typed(
        label=_("Name of the company or organization"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name_kana = Typed(label=_("Reading in kana"), max_length=200, required=False, widget=forms.TextInput)
    corporate_number = Typed(
        label=_("Corporate number"),
        help_text=_(
            "13 digits, for corporations. Sole proprietors leave it empty. Universities and associations may."
        ),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, own: Iterable[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = {str(item.pk): item for item in own}
        choices = [(key, item.name) for key, item in self.own.items()]
        self.fields["organization"].choices = [*choices, (NEW, _("Another organization"))]  # type: ignore[attr-defined]
        if not self.own:
            del self.fields["organization"]

    @property
    def chosen(self) -> Organization | None:
        """The own organization that was chosen; None: a new one."""
        return self.own.get(self.cleaned_data.get("organization", NEW))

    @property
    def new(self) -> dict[str, str]:
        """Values of the new organization."""
        names = ("kind", "name", "name_kana", "corporate_number")
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("organization", NEW) != NEW or "organization" in self.errors:
            return data
        data["name"], data["name_kana"] = (
            clean_line(data.get("name", "")),
            clean_line(data.get("name_kana", "")),
        )
        for name, words in (("kind", _("Choose one.")), ("name", _("Write the name."))):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        if data.get("kind") == OrganizationKind.SOLE:
            data["corporate_number"] = ""
        return data

    def clean_corporate_number(self) -> str:
        number = self.cleaned_data["corporate_number"]
        return clean_corporate_number(number) if number else ""
