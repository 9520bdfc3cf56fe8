"""Open forms about a call: a question, a request for a talk; and what staff type about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls.models import Consultation, PublicQuestion
from apps.core import clock
from apps.core.open_forms import OpenForm
from apps.core.text import clean_text

MOST_TEXT = 10_000


class Words(forms.CharField):
    """What a person typed or pasted, without what no text can hold; what is only that is empty."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_text(value) if isinstance(value, str) else value)


class TypedEmail(forms.EmailField):
    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\0", "") if isinstance(value, str) else value)


class QuestionForm(OpenForm):
    """A question about a call. Required are only the words."""

    rate = ("question", 10, 3600)
    text = Words(
        label=_("Your question"),
        help_text=_("It will be public, with the answer. Please leave out names and secrets."),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": _("Write your question.")},
    )
    email = TypedEmail(
        label=_("E-mail address"),
        help_text=_("We write to it once, when the answer is on the page. It is not shown."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    @property
    def values(self) -> dict[str, Any]:
        """Arguments of ``question_ask``."""
        return {name: self.cleaned_data[name] for name in ("text", "email")}


class ConsultationForm(OpenForm):
    """A request for a talk before applying."""

    rate = ("consultation", 10, 3600)
    organization_name = Words(
        label=_("Company or organization"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    contact_name = Words(
        label=_("Your name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name.")},
    )
    email = TypedEmail(
        label=_("E-mail address"),
        help_text=_("We send the date to it."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Write your e-mail address.")},
    )
    phone = Words(
        label=_("Phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    topic = Words(
        label=_("What would you like to talk about?"),
        help_text=_("A few lines are enough. Only the staff of the city read them."),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what you would like to talk about.")},
    )
    wishes = Words(
        label=_("When does it suit you?"),
        help_text=_("For example: mornings of next week, online."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @property
    def values(self) -> dict[str, Any]:
        """Arguments of ``consultation_request``."""
        return {name: value for name, value in self.cleaned_data.items() if name != "homepage"}


def _area(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return Words(
        label=label, help_text=help_text, required=False, widget=forms.Textarea(attrs={"rows": rows})
    )


class AnswerForm(forms.Form):
    """The public wording of a question, and its answer."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    text = _area(
        _("Question as everyone reads it"),
        5,
        _("Take out names and secrets. What was asked is kept."),
    )
    answer = _area(_("Answer"), 8)
    text_en = _area(_("Question (English)"), 4, _("Empty: English pages show the Japanese text."))
    answer_en = _area(_("Answer (English)"), 6)

    @staticmethod
    def start(question: PublicQuestion) -> dict[str, Any]:
        names = ("version", "text", "answer", "text_en", "answer_en")
        return {name: getattr(question, name) for name in names}


class VersionForm(forms.Form):
    """An act on what was shown: of that version."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)


class CloseForm(VersionForm):
    reason = Words(
        label=_("Why it is not published"),
        help_text=_("Only staff read it."),
        max_length=300,
        widget=forms.TextInput(),
        error_messages={"required": _("Write the reason.")},
    )


class ArrangeForm(VersionForm):
    meeting_at = forms.DateTimeField(
        label=_("Date and time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Choose date and time."), "invalid": _("Choose date and time.")},
    )
    meeting_place = Words(
        label=_("Place, or link of the online meeting"),
        max_length=300,
        error_messages={"required": _("Write a place, or the link of the online meeting.")},
    )

    @staticmethod
    def start(consultation: Consultation) -> dict[str, Any]:
        at: datetime | None = consultation.meeting_at
        return {
            "version": consultation.version,
            "meeting_at": at.astimezone(clock.TOKYO) if at else None,
            "meeting_place": consultation.meeting_place,
        }


class DoneForm(VersionForm):
    staff_notes = Words(
        label=_("Notes of the city"),
        help_text=_("What was said, what comes next. Only staff read it."),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class CancelForm(VersionForm):
    reason = Words(
        label=_("Reason"),
        help_text=_("It stands in the mail. Without a mail it is kept in the notes."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
