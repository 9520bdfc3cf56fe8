"""Form fields: label, why we ask, hint, error, input, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.forms import BaseForm, BaseFormSet, BoundField
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from apps.core.components.base import Component, ComponentError

Text = str | Promise

#: Django's own faults, named here so that locale/ja says them in the portal's voice.
DJANGO_FAULTS = (
    gettext_lazy("This field is required."),
    gettext_lazy("Enter a valid email address."),
    gettext_lazy("Enter a whole number."),
    gettext_lazy("Enter a number."),
    gettext_lazy("Enter a valid date."),
    gettext_lazy("Enter a valid URL."),
    gettext_lazy("Ensure this value is greater than or equal to %(limit_value)s."),
    gettext_lazy("Ensure this value is less than or equal to %(limit_value)s."),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
    gettext_lazy("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_lazy("Select a valid choice. That choice is not one of the available choices."),
)


@dataclass(frozen=True, kw_only=True)
class Field(Component):
    """A field of a form. Its hint is the field's ``help_text``."""

    template = "components/field.html"
    choices: ClassVar = {"width": ("", "narrow", "medium", "code", "pin"), "label_as": ("", "h1", "sr")}
    field: BoundField
    reason: Text = ""
    unit: Text = ""
    width: str = ""
    label: Text = ""
    hint: Text = ""
    #: ``h1``: the label is the page's title; ``sr``: only for screen readers.
    label_as: str = ""
    #: Say 「任意」 or not; by default when the field is not required.
    optional: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.field, BoundField):
            raise ComponentError(f"Field: {self.field!r} is not a bound field of a form.")

    @property
    def text(self) -> Text:
        return self.label or self.field.label or ""

    @property
    def help(self) -> Text:
        return self.hint or self.field.help_text

    @property
    def shows_optional(self) -> bool:
        return (not self.field.field.required) if self.optional is None else self.optional

    @property
    def id(self) -> str:
        return self.field.auto_id or self.field.html_name

    @property
    def is_group(self) -> bool:
        """Radios and lists of checkboxes are a fieldset with a legend."""
        return isinstance(self.field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)

    @property
    def is_check(self) -> bool:
        return isinstance(self.field.field.widget, forms.CheckboxInput)

    @property
    def is_narrow(self) -> bool:
        return self.width == "narrow" or (
            not self.width and isinstance(self.field.field.widget, forms.NumberInput)
        )

    @property
    def described_by(self) -> str:
        parts = [
            (f"{self.id}-reason", self.reason),
            (f"{self.id}-hint", self.help),
            (f"{self.id}-error", self.field.errors),
            (f"{self.id}-unit", self.unit),
        ]
        return " ".join(name for name, present in parts if present)

    @cached_property
    def attrs(self) -> dict[str, Any]:
        attrs: dict[str, Any] = {}
        if self.described_by:
            attrs["aria-describedby"] = self.described_by
        if self.field.errors:
            attrs["aria-invalid"] = "true"
        return attrs

    @property
    def widget(self) -> SafeString:
        return self.field.as_widget(attrs=self.attrs)

    @property
    def rows(self) -> Sequence[Any]:
        """The radios or checkboxes; they are described by their group, and each tells when it is wrong."""
        return self.field.subwidgets


@dataclass(frozen=True, kw_only=True)
class ErrorSummary(Component):
    """What to mend, on top of the form: takes the focus, links to the fields."""

    template = "components/error_summary.html"
    forms: Sequence[BaseForm | BaseFormSet[Any]]

    @cached_property
    def entries(self) -> list[tuple[str, str]]:
        """(address within the page or empty, sentence) of each fault."""
        found: list[tuple[str, str]] = []
        for form in self.forms:
            if isinstance(form, BaseFormSet):
                found += [("", str(error)) for error in form.non_form_errors()]
                for part in form.forms:
                    found += _entries(part)
            elif form is not None:
                found += _entries(form)
        return found


def _entries(form: BaseForm) -> list[tuple[str, str]]:
    if not form.is_bound:
        return []
    found = [("", str(error)) for error in form.non_field_errors()]
    for bound in form:
        target = bound.id_for_label or bound.auto_id
        if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            target = f"{bound.auto_id}_0"
        label = str(bound.label).rstrip("。.")
        found += [
            (f"#{target}", _("%(label)s: %(error)s") % {"label": label, "error": error})
            for error in bound.errors
        ]
    return found
