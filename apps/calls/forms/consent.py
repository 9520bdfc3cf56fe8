"""Consents of facilities' keepers: what staff ask, what the keeper answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls.forms.base import Typed
from apps.calls.models import Application, FacilityConsent
from apps.calls.selectors.consent import ANSWERS
from apps.core import clock
from apps.core.forms import Refusable

USUAL_DAYS = 14


class ConsentAskForm(Refusable):
    """The question to a facility's keeper."""

    facility = Typed(label=_("Facility"), max_length=200)
    owner_name = Typed(
        label=_("Section or company that keeps it"),
        help_text=_("As it is addressed in the mail."),
        max_length=200,
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    message = Typed(
        label=_("Message"),
        help_text=_("It stands in the mail and on the page. Write nothing of the applicant’s contact here."),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    due_on = forms.DateField(
        label=_("Answer by"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def ask_start(application: Application, again: FacilityConsent | None = None) -> dict[str, Any]:
    """The form's first values: what the applicant answered, or the consent that is asked anew."""
    due = clock.local_date() + timedelta(days=USUAL_DAYS)
    if again is not None:
        names = ("facility", "owner_name", "email", "message")
        return {**{name: getattr(again, name) for name in names}, "due_on": due}
    return {
        "facility": application.facility_name[:200],
        "owner_name": application.facility_owner[:200],
        "due_on": due,
    }


ANSWER_WORDS = {
    "approved": _("We agree"),
    "change": _("We agree if something changes"),
    "declined": _("We do not agree"),
}


class ConsentAnswerForm(Refusable):
    """The keeper's answer."""

    answer = forms.ChoiceField(
        label=_("Do you agree?"),
        choices=[(value, ANSWER_WORDS[value]) for value in ("approved", "change", "declined")],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    comment = Typed(
        label=_("Comment"),
        help_text=_("Needed when something should change or when you do not agree. The city reads it."),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    answered_section = Typed(label=_("Your section or company"), max_length=200)
    answered_by = Typed(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        needs = data.get("answer") in [str(value) for value in ANSWERS if value != "approved"]
        if needs and not data.get("comment") and "comment" not in self.errors:
            self.add_error("comment", _("Write why, or what should change. The city reads it."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """Arguments of ``consent_answer``."""
        data = self.cleaned_data
        return {
            "answer": data["answer"],
            "name": data["answered_by"],
            "section": data["answered_section"],
            "comment": data["comment"],
        }


class ConsentVoidForm(Refusable):
    reason = Typed(
        label=_("Why it does not count"),
        max_length=300,
        help_text=_("For example: someone else answered. It stays in the record."),
    )
