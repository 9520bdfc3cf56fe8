"""What staff fill in when they decide quietly."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.calls.domain.deciding import MOST, MOST_RANK, NOTE_LIMIT, REASON_LIMIT
from apps.calls.enums import Outcome
from apps.calls.models import Application, Decision
from apps.calls.selectors.deliberation import asked_of, next_rank
from apps.core.forms import Refusable


def _area(label: Any, limit: int, rows: int, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=limit, widget=widget)


class QuietDecisionForm(Refusable):
    """The quiet decision on one application; ``version``: that of the decision on the page."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST)
    outcome = forms.ChoiceField(
        label=pgettext_lazy("label", "Decision"),
        required=False,
        choices=[*Outcome.choices, ("", pgettext_lazy("decision", "leave it open"))],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one.")},
    )
    reason = _area(
        _("Reason told to the applicant"),
        REASON_LIMIT,
        5,
        _("The applicant reads it. Required for the waiting list and when not adopting."),
    )
    conditions = _area(
        _("Conditions"),
        REASON_LIMIT,
        4,
        _("They stand in the letter and bind the trial. Required when adopting with conditions."),
    )
    granted_devices = forms.IntegerField(
        label=_("Devices granted"), required=False, min_value=1, max_value=MOST
    )
    granted_messages = forms.IntegerField(
        label=_("Messages a day granted"), required=False, min_value=1, max_value=MOST
    )
    rank = forms.IntegerField(
        label=_("Place on the waiting list"),
        help_text=_("The first moves up first. Only for the waiting list."),
        required=False,
        min_value=1,
        max_value=MOST_RANK,
    )
    note = _area(_("Note of the city"), NOTE_LIMIT, 3, _("Only staff read it."))

    @property
    def decision_values(self) -> dict[str, Any]:
        """Arguments of ``decision_save``."""
        return dict(self.cleaned_data)


def decision_start(application: Application, decision: Decision | None, outcome: str = "") -> dict[str, Any]:
    """The form's values: the decision so far, else what was asked; ``outcome``: what was pressed."""
    devices, messages = asked_of(application)
    pressed = outcome if outcome in Outcome.values else ""
    if decision is None:
        return {
            "version": 0,
            "outcome": pressed,
            "granted_devices": devices,
            "granted_messages": messages,
            "rank": next_rank(application.call),
        }
    names = ("version", "reason", "conditions", "note")
    return {
        **{name: getattr(decision, name) for name in names},
        "outcome": pressed or decision.outcome,
        "granted_devices": decision.granted_devices or devices,
        "granted_messages": decision.granted_messages or messages,
        "rank": decision.rank or next_rank(application.call),
    }


def chosen_versions(values: list[str]) -> dict[Any, int]:
    """What was ticked, ``<application>:<version>`` each; what reads otherwise is left out."""
    found: dict[Any, int] = {}
    for value in values[:1000]:
        pk, _colon, version = value.partition(":")
        try:
            key = forms.UUIDField().clean(pk)
        except forms.ValidationError:
            continue
        if version.isascii() and version.isdigit() and len(version) < 10:
            found[key] = int(version)
    return found
