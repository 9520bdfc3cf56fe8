"""What visitors and staff type: a registration, an event, a number of seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.errors import InvalidInput
from apps.core.open_forms import OpenForm
from apps.core.text import clean_line
from apps.events import rules
from apps.events.domain.event import EDITABLE
from apps.events.enums import Manner
from apps.events.models import Event

MOST_SEATS = 100_000


class Line(forms.CharField):
    """One line as a person typed or pasted it, without what no text can hold."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_line(value) if isinstance(value, str) else value)


class Address(forms.EmailField):
    """An e-mail address; full-width letters are taken too."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(rules.same_address(value) if isinstance(value, str) else value)


def _input(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs=attrs)


class PersonFields(forms.Form):
    """Who comes, and how if there is a choice."""

    name = Line(label=_("Your name"), max_length=80, widget=_input(autocomplete="name"))
    organization_name = Line(
        label=_("Company or organization"),
        max_length=120,
        required=False,
        widget=_input(autocomplete="organization"),
    )
    email = Address(
        label=_("E-mail address"),
        help_text=_("The confirmation and your link for cancelling come here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    manner = forms.ChoiceField(
        label=_("How will you take part?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    note = Line(
        label=_("Note to the organizers"),
        help_text=_("For example: a wheelchair, sign language, a question you bring along."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(event.manners) > 1:
            labels = {Manner.ON_SITE: _("At the place"), Manner.ONLINE: _("Online")}
            choices = [(manner.value, labels[manner]) for manner in event.manners]
            self.fields["manner"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["manner"]

    def clean_name(self) -> str:
        """The name stands in mails to an address that anyone may type: it carries no links."""
        name = str(self.cleaned_data["name"])
        if "://" in name or "www." in name.lower():
            raise forms.ValidationError(_("Write the name without a web address."))
        return name

    def refuse(self, error: InvalidInput) -> None:
        """Show a refusal of the domain beside its fields."""
        for name, texts in error.fields.items():
            self.add_error(name if name in self.fields else None, texts)


class RegistrationForm(PersonFields, OpenForm):
    """The public form. It says nothing about who is registered already."""

    rate = ("event-register", 20, 3600)
    field_order = ("name", "organization_name", "email", "manner", "note", "homepage")


class HandForm(PersonFields):
    """Staff add someone who called or came."""

    field_order = ("name", "organization_name", "email", "phone", "manner", "note", "language")
    phone = Line(label=_("Phone"), max_length=30, required=False, widget=_input(inputmode="tel"))
    language = forms.ChoiceField(
        label=_("Language of the mails"), choices=settings.LANGUAGES, initial="ja", widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].widget.attrs.pop("autocomplete", None)
        self.fields["email"].required = False
        self.fields["email"].help_text = _("One mail goes here. Without an address no mail goes out.")
        self.fields["note"].help_text = ""
        if "manner" in self.fields:
            self.fields["manner"].label = _("Way of taking part")


class SeatsForm(forms.Form):
    capacity = forms.IntegerField(
        label=_("Seats"),
        help_text=_("Empty: no limit."),
        required=False,
        min_value=1,
        max_value=MOST_SEATS,
    )


class EventForm(forms.ModelForm[Event]):
    class Meta:
        model = Event
        fields = EDITABLE


def expected_of(data: Mapping[str, Any]) -> int:
    """The number of mails that the page said; one that no page says when it is missing."""
    text = str(data.get("expected", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
