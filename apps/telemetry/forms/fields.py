"""What decoded values of a device are called: one small form for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorList
from django.utils.functional import cached_property

from apps.core.forms import ValueParts


class FieldForm(ValueParts):
    """Of one decoded value. Empty: as the model says (shown as placeholder)."""

    def __init__(self, *args: Any, name: str, otherwise: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        for part, field in self.fields.items():
            value = otherwise.get(part)
            field.widget.attrs["placeholder"] = "" if value is None else str(value)


class _FieldForms(forms.BaseFormSet[FieldForm]):
    """A form for each of ``names``. Prefixes are places, since a name may hold anything: which names there
    are is known to the server alone, so no management form is needed."""

    def __init__(
        self,
        data: Any = None,
        *,
        names: Iterable[str],
        model: Mapping[str, Mapping[str, Any]],
        own: Mapping[str, Mapping[str, Any]],
    ) -> None:
        super().__init__(data)
        self.names, self.model, self.own = list(names), model, own

    @cached_property
    def forms(self) -> list[FieldForm]:
        return [
            FieldForm(
                self.data if self.is_bound else None,
                prefix=f"f{place}",
                name=name,
                otherwise=self.model.get(name, {}),
                initial=self.own.get(name, {}),
            )
            for place, name in enumerate(self.names)
        ]

    def non_form_errors(self) -> ErrorList:
        return ErrorList()

    def is_valid(self) -> bool:
        return not [form for form in self.forms if not form.is_valid()]


FieldForms: Any = forms.formset_factory(FieldForm, formset=_FieldForms)
