"""Task 2: what will be tried."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.calls.forms.base import AnswersForm, area, line
from apps.calls.selectors.calls import themes_of


class ThemesField(forms.MultipleChoiceField):
    """Themes of the call. One that the call has no more is left out."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        return [code for code in super().to_python(value) if self.valid_value(code)]


class IdeaForm(AnswersForm):
    """The title and the need."""

    slug = "idea"
    title = line(_("Title"), help_text=_("Up to 120 characters. Everyone will see it after adoption."))
    need = area(_("The need it starts from"), 6, help_text=_("Whose trouble is it? Up to 1,000 characters."))
    themes = ThemesField(label=_("Themes"), required=False, help_text=_("Choose as many as fit."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        themes = themes_of(self.application.call)
        if not themes:
            del self.fields["themes"]
            return
        self.fields["themes"].choices = [  # type: ignore[attr-defined]
            (theme.code, theme.localized("name", language)) for theme in themes
        ]


class PlanForm(AnswersForm):
    """How it is tried, how one will know, what is learned if it fails."""

    slug = "plan"
    plan = area(
        _("What you will try"), 7, help_text=_("What you measure, where and how. Up to 2,000 characters.")
    )
    measure = area(
        _("How you will know whether it worked"),
        4,
        help_text=_(
            "For example: the patrol notices a blockage 2 hours earlier than now. Up to 1,000 characters."
        ),
    )
    learning = area(
        _("What is learned if it fails"),
        4,
        help_text=_("For example: where this sensor cannot be used. Up to 1,000 characters."),
    )
