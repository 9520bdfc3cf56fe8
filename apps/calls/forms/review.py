"""The criteria and comments that a reviewer fills in. What may be stored is for the domain to say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.forms.base import BasesField, Typed, area
from apps.calls.models import CallCriterion
from apps.calls.rules import marks
from apps.calls.rules.shares import all_alike, share_words
from apps.core.forms import Refusable

#: A scale of more steps is typed instead of chosen.
MOST_STEPS = 11
#: Beyond the range of a revision's number, and not near any.
_MOST = 2_000_000_000


@dataclass(frozen=True)
class CriterionRow:
    """A criterion on the page: ``score`` and, where it is typed, a tick for “cannot judge”."""

    score: BoundField
    cannot: BoundField | None


class ReviewForm(Refusable):
    """``revision``: the one that the page showed; ``bases`` and ``pen`` as on the applicant's screens."""

    bases = BasesField(required=False)
    pen = Typed(widget=forms.HiddenInput, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=_MOST)
    comment_city = area(
        gettext_lazy("Comment for the city"),
        5,
        help_text=gettext_lazy(
            "City staff read it. Other reviewers only if this part of the review shows it."
        ),
    )
    comment_applicant = area(
        gettext_lazy("Comment for the applicant"),
        5,
        help_text=gettext_lazy("The city may pass it on to the applicant, without your name."),
    )

    def __init__(self, *args: Any, criteria: Sequence[CallCriterion], **kwargs: Any) -> None:
        self.criteria = list(criteria)
        super().__init__(*args, **kwargs)
        shares = share_words([row.weight for row in self.criteria])
        added: dict[str, forms.Field] = {}
        for criterion, share in zip(self.criteria, shares, strict=True):
            added |= _fields(criterion, share)
        self.fields = added | self.fields

    @property
    def rows(self) -> list[CriterionRow]:
        """The criteria, in their order."""
        found = []
        for criterion in self.criteria:
            cannot = _cannot_name(criterion)
            found.append(
                CriterionRow(
                    self[marks.score_unit(criterion.pk)], self[cannot] if cannot in self.fields else None
                )
            )
        return found

    @property
    def alike(self) -> bool:
        """All criteria count the same."""
        return all_alike([row.weight for row in self.criteria])

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by unit; a score of a criterion that is not asked here as well."""
        given = {name: str(self.cleaned_data.get(name) or "") for name in marks.COMMENTS}
        for criterion in self.criteria:
            unit = marks.score_unit(criterion.pk)
            text = str(self.cleaned_data.get(unit) or "").strip()
            cannot = bool(self.cleaned_data.get(_cannot_name(criterion)))
            # Both at once is neither; the domain says so.
            given[unit] = " ".join(filter(None, (text, marks.CANNOT if cannot else "")))
        known = given.keys()
        strange = [name for name in self.data if marks.is_score_unit(str(name)) and name not in known]
        return given | {name: str(self.data[name])[:100] for name in strange[:20]}

    @property
    def seen(self) -> dict[str, str]:
        return dict(self.cleaned_data.get("bases") or {})

    @property
    def shown_revision(self) -> int:
        return int(self.cleaned_data.get("revision") or 0)

    @property
    def writer(self) -> rules.Pen:
        return rules.pen_of(str(self.cleaned_data.get("pen") or ""))

    def start(self, held: Mapping[str, str], revision: int) -> dict[str, Any]:
        """The form's values as they are stored."""
        units = {unit: held.get(unit, "") for unit in self._units}
        values: dict[str, Any] = {**units, "bases": rules.bases_of(units), "pen": "", "revision": revision}
        for criterion in self.criteria:
            cannot, unit = _cannot_name(criterion), marks.score_unit(criterion.pk)
            if cannot in self.fields and units[unit] == marks.CANNOT:
                values |= {cannot: True, unit: ""}
        return values

    def see(self, bases: Mapping[str, str]) -> None:
        """Show the form again as it was typed, with new ``bases``."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["bases"] = json.dumps(dict(bases))
        self.data = data

    bases_of = staticmethod(rules.bases_of)

    def words_of(self, unit: str, held: str) -> str:
        """A stored value as the page names it."""
        return _("Cannot judge") if held == marks.CANNOT else held or _("nothing yet")

    def refuse_units(self, faults: Mapping[str, list[str]]) -> None:
        """Show faults beside their fields, those of unknown criteria on top."""
        for unit, texts in faults.items():
            for text in texts:
                self.add_error(unit if unit in self.fields else None, text)

    @property
    def _units(self) -> list[str]:
        return [*(marks.score_unit(row.pk) for row in self.criteria), *marks.COMMENTS]


def _cannot_name(criterion: CallCriterion) -> str:
    return f"cannot_{criterion.pk.hex}"


def _fields(criterion: CallCriterion, share: str) -> dict[str, forms.Field]:
    language = get_language() or "ja"
    unit = marks.score_unit(criterion.pk)
    label = criterion.localized("name", language)
    low, high = criterion.scale_min, criterion.scale_max
    hint = criterion.localized("description", language)
    if share:
        hint = _("%(hint)s (%(share)s)") % {"hint": hint, "share": share} if hint else share
    if high - low < MOST_STEPS:
        score = Typed(
            label=label, help_text=hint, required=False, widget=forms.RadioSelect(choices=_choices(low, high))
        )
        return {unit: score}
    words = _("From %(low)d (low) to %(high)d (high).") % {"low": low, "high": high}
    box = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 6})
    score = Typed(label=label, help_text=f"{hint} {words}".strip(), required=False, widget=box)
    cannot = forms.BooleanField(label=_("Cannot judge"), required=False)
    return {unit: score, _cannot_name(criterion): cannot}


def _choices(low: int, high: int) -> list[tuple[str, str]]:
    """Every step; the ends in words."""
    steps = [(str(value), str(value)) for value in range(low, high + 1)]
    steps[0] = (str(low), _("%(value)d (low)") % {"value": low})
    steps[-1] = (str(high), _("%(value)d (high)") % {"value": high})
    return [*steps, (marks.CANNOT, _("Cannot judge"))]


class RecuseForm(Refusable):
    """Stepping back from one application."""

    reason = forms.CharField(
        label=gettext_lazy("Why you step back"),
        help_text=gettext_lazy("City staff read it."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write the reason in a few words. City staff read it.")},
    )
