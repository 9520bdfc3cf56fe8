"""Task 1: who applies."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.forms.base import AnswersForm, ChoiceOfOne, line


class WhoForm(AnswersForm):
    """The company or organization; what is registered of a chosen one is not asked."""

    slug = "who"
    org_kind = ChoiceOfOne(
        label=_("Kind of organization"), choices=[(kind.value, kind.label) for kind in rules.KINDS]
    )
    org_name = line(_("Name of the company or organization"), autocomplete="organization")
    org_kana = line(_("Reading in kana"), help_text=_("For example: カブシキガイシャミズオトギケン"))
    corporate_number = line(
        _("Corporate number"),
        help_text=_(
            "13 digits, for corporations. Sole proprietors leave it empty. Universities and associations may."
        ),
        inputmode="numeric",
        autocomplete="off",
    )
    postal_code = line(
        _("Postal code"),
        help_text=_("7 digits, for example 930-0083."),
        inputmode="numeric",
        autocomplete="postal-code",
    )
    address = line(_("Address"), autocomplete="street-address")
    representative = line(
        _("Representative"), help_text=_("Title and name, for example: 代表取締役 山田 はる")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.application.organization_id is not None:
            for name in rules.ORGANIZATION_FIELDS:
                del self.fields[name]


class ContactForm(AnswersForm):
    """Whom the city writes to. Joint applicants stand on the same screen, in forms of their own."""

    slug = "contact"
    contact_name = line(_("Contact person"), autocomplete="name")
    contact_email = line(_("Contact e-mail"), inputmode="email", autocomplete="email", spellcheck="false")
    contact_phone = line(_("Phone"), inputmode="tel", autocomplete="tel")
