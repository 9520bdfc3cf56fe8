"""What staff type about the phases of a review and who reviews what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.calls.domain.assigning import REASON_LIMIT
from apps.calls.domain.phase import SAID
from apps.calls.enums import SeeScores
from apps.calls.forms.asking import Words
from apps.calls.models import ReviewPhase
from apps.calls.selectors.assigning import MOST_WANTED, WANTED
from apps.core import clock

_PICKER = {"type": "datetime-local"}
_FORMAT = "%Y-%m-%dT%H:%M"


class _Seen(forms.CharField):
    """The moment of the row that was shown, to the microsecond; None when it cannot be read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        try:
            moment = datetime.fromisoformat(text) if text else None
        except ValueError:
            return None
        return moment if moment is not None and moment.tzinfo is not None else None


class _Moment(forms.DateTimeField):
    def __init__(self, label: Any) -> None:
        fault = _("Choose date and time.")
        super().__init__(
            label=label,
            widget=forms.DateTimeInput(attrs=_PICKER, format=_FORMAT),
            error_messages={"required": fault, "invalid": fault},
        )


class PhaseForm(forms.Form):
    """One phase. ``confirmed`` is asked when it is under way and something is taken from people."""

    name = Words(
        label=_("Name"), max_length=60, error_messages={"required": _("Write a name, for example: scoring.")}
    )
    name_en = Words(label=_("Name (English)"), max_length=90, required=False)
    starts_at = _Moment(_("From"))
    ends_at = _Moment(_("Until"))
    may_score = forms.BooleanField(label=_("Reviewers score"), required=False)
    hide_applicant = forms.BooleanField(
        label=_("The applicant’s name is hidden from reviewers"), required=False
    )
    see_scores = forms.ChoiceField(
        label=_("Others’ scores and comments"), choices=SeeScores.choices, widget=forms.RadioSelect
    )
    see_names = forms.BooleanField(
        label=_("Reviewers see each other’s names"),
        help_text=_("Beside what others wrote, where that is shown."),
        required=False,
    )
    sealed = forms.BooleanField(
        label=_("Sealed"),
        help_text=_("Staff see no scores either until the phase has ended."),
        required=False,
    )
    seen = _Seen(required=False)
    confirmed = forms.BooleanField(label=_("I have read what this changes at once"), required=False)

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in SAID}

    @staticmethod
    def start(phase: ReviewPhase | None) -> dict[str, Any]:
        if phase is None:
            return {"may_score": True, "hide_applicant": True, "see_scores": SeeScores.NEVER}
        moments = {name: getattr(phase, name).astimezone(clock.TOKYO) for name in ("starts_at", "ends_at")}
        return {
            **{name: getattr(phase, name) for name in SAID},
            **moments,
            "seen": phase.updated_at.isoformat(),
        }


class EvenForm(forms.Form):
    """How many reviewers each application gets."""

    wanted = forms.IntegerField(
        label=_("Reviews for each application"),
        initial=WANTED,
        min_value=1,
        max_value=MOST_WANTED,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    fingerprint = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why assignments are taken away after a review was begun."""

    reason = Words(
        label=_("Reason"),
        help_text=_("Only staff read it."),
        required=False,
        max_length=REASON_LIMIT,
    )
