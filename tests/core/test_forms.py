"""What forms of several apps share."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.errors import Conflict, InvalidInput
from apps.core.forms import CodedChoice, Refusable, ValueParts
from apps.devices.domain.fields import DECIMALS_MOST, NUMBERS, TEXTS
from apps.trials.models import Trial


class _Form(Refusable):
    name = forms.CharField()


def _bound() -> _Form:
    form = _Form({"name": "a"})
    assert form.is_valid()
    return form


def test_a_refusal_stands_at_its_field_and_what_has_no_field_on_top() -> None:
    form = _bound()
    form.refuse(InvalidInput("No.", fields={"name": ["Too short."], "trial": ["Unknown."]}))
    assert form.errors == {"name": ["Too short."], "__all__": ["Unknown."]}


def test_a_refusal_without_fields_stands_on_top() -> None:
    form = _bound()
    form.refuse(Conflict("Too many."))
    assert form.errors == {"__all__": ["Too many."]}


def test_a_row_with_a_number_is_named_by_both() -> None:
    field = CodedChoice(queryset=Trial.objects.none())
    assert field.label_from_instance(Trial(code="2026-015", title="水位")) == "2026-015 水位"


def test_what_is_said_of_a_value_has_the_bounds_of_the_domain() -> None:
    fields: dict[str, Any] = ValueParts().fields  # type: ignore[assignment]
    assert set(fields) == {*TEXTS, *NUMBERS, "decimals"}
    assert {name: fields[name].max_length for name in TEXTS} == TEXTS
    assert fields["decimals"].max_value == DECIMALS_MOST
    assert ValueParts({"low": "1", "high": "2"}).is_valid()
    assert list(ValueParts({"low": "2", "high": "2"}).errors) == ["high"]
