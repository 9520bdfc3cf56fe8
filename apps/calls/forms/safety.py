"""Task 4: data and safety, and what one call asks beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.calls import rules
from apps.calls.enums import AnswerKind, Conformity, PersonalData, Sharing
from apps.calls.forms.base import AnswersForm, ChoiceOfOne, area, line
from apps.calls.models import CallQuestion


class SafetyForm(AnswersForm):
    """Personal data, technical conformity, sharing. Files stand on the same screen, in forms of their own."""

    slug = "safety"
    personal_data = ChoiceOfOne(label=_("Do you handle personal data?"), choices=PersonalData.choices)
    personal_data_note = area(
        _("Which personal data, and how you keep them"), 3, help_text=_("Only if you answered yes.")
    )
    conformity = ChoiceOfOne(
        label=_("Do the devices have their technical conformity mark?"), choices=Conformity.choices
    )
    conformity_note = line(_("Conformity numbers"), help_text=_("If you know them, for example 001-A12345."))
    sharing = ChoiceOfOne(label=_("With whom would you share the data?"), choices=Sharing.choices)


def _extra_field(question: CallQuestion, language: str) -> forms.Field:
    label = question.localized("label", language)
    if question.kind == AnswerKind.TEXT:
        return area(label, 5)
    if question.kind == AnswerKind.CHOICE:
        return ChoiceOfOne(label=label, choices=question.shown_options(language))
    if question.kind == AnswerKind.YESNO:
        return ChoiceOfOne(label=label, choices=[("yes", _("Yes")), ("no", _("No"))])
    if question.kind == AnswerKind.NUMBER:
        return line(label, inputmode="numeric", autocomplete="off")
    return line(label)


class ExtraForm(AnswersForm):
    """The call's own questions; field ``extra_<hex of its id>`` for each."""

    slug = "extra"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        self.questions = {
            f"extra_{question.pk.hex}": question for question in self.application.call.extra_questions.all()
        }
        for name, question in self.questions.items():
            self.fields[name] = _extra_field(question, language)
            self.fields[name].reason = question.localized("reason", language)  # type: ignore[attr-defined]

    @property
    def asked(self) -> list[str]:
        return ["extra_answers"]

    @property
    def values(self) -> dict[str, Any]:
        given = {
            str(question.pk): self.cleaned_data[name]
            for name, question in self.questions.items()
            if name in self.cleaned_data
        }
        return {"extra_answers": given}

    @property
    def held(self) -> dict[str, Any]:
        stored = self.application.extra_answers
        keys = [str(question.pk) for question in self.questions.values()]
        return {"extra_answers": {key: stored.get(key, "") for key in keys}}

    def start(self) -> dict[str, Any]:
        values = super().start()
        stored = values.pop("extra_answers")
        values |= {name: stored[str(question.pk)] for name, question in self.questions.items()}
        return values

    def refuse(self, faults: Any) -> None:
        names = {f"extra_answers.{question.pk}": name for name, question in self.questions.items()}
        super().refuse({names.get(key, key): texts for key, texts in faults.items()})


class PledgeForm(forms.Form):
    """The pledge at the end: one tick for all, or a tick for each; recorded with who and when."""

    def __init__(self, *args: Any, each: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.each = each
        if each:
            for name, text in rules.PLEDGES.items():
                self.fields[name] = forms.BooleanField(label=text, required=False)
        else:
            self.fields["all"] = forms.BooleanField(label=_("We pledge all of this."), required=False)

    @property
    def pledges(self) -> dict[str, bool]:
        if not self.each:
            return dict.fromkeys(rules.PLEDGES, bool(self.cleaned_data.get("all")))
        return {name: bool(self.cleaned_data.get(name)) for name in rules.PLEDGES}

    def refuse(self, faults: dict[str, list[str]]) -> None:
        """Show what was not ticked."""
        for name, texts in faults.items():
            if name in rules.PLEDGES:
                target = name if self.each else "all"
                if target not in self.errors:
                    self.add_error(target, texts)
