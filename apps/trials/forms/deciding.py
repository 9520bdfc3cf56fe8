"""What staff write: the decision about a request, another state, as they grant it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.forms import Refusable
from apps.organizations.models import Organization
from apps.trials.enums import ChangeKind, TrialState
from apps.trials.forms.base import day_field, words
from apps.trials.models import TrialChange
from apps.trials.rules import Standing, read_day

ANSWER_LIMIT = 3000
_VERSION: dict[str, Any] = {"widget": forms.HiddenInput, "min_value": 0, "max_value": 2_000_000_000}


class DecideForm(Refusable):
    """For each thing that was asked: granted or not, and with which values (the wish stands in them)."""

    version = forms.IntegerField(**_VERSION)
    answer = words(
        _("Answer to the company"),
        6,
        ANSWER_LIMIT,
        _("It stands in the mail and on the trial’s page. Needed unless everything is granted as asked."),
    )

    def __init__(self, *args: Any, change: TrialChange, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.change, self.standing = change, standing
        self.fields["version"].initial = change.version
        for kind in change.kinds:
            self.fields[f"give_{kind}"] = forms.BooleanField(
                label=_("Grant: %(what)s") % {"what": ChangeKind(kind).label}, required=False, initial=True
            )
            self._add(kind, change.proposed[kind])
        self.order_fields([name for name in self.fields if name not in ("answer", "version")])

    def _add(self, kind: str, wish: Any) -> None:
        if kind == ChangeKind.PERIOD:
            for name, label in (("starts_on", _("First day")), ("ends_on", _("Last day"))):
                self.fields[name] = day_field(label, required=False, initial=read_day(wish[name]))
        elif kind in (ChangeKind.DEVICES, ChangeKind.MESSAGES):
            label = (
                pgettext_lazy("quota", "Devices")
                if kind == ChangeKind.DEVICES
                else pgettext_lazy("quota", "Messages a day")
            )
            self.fields[kind] = forms.IntegerField(
                label=label, required=False, initial=wish, min_value=0, max_value=2_000_000_000
            )
        elif kind == ChangeKind.PARTNERS:
            self._add_partners(wish["add"])
        elif kind != ChangeKind.RESUME and kind != ChangeKind.PLACES:
            self.fields["on"] = day_field(
                _("From which day"), required=False, initial=read_day(wish.get("on"))
            )

    def _add_partners(self, joins: list[dict[str, str]]) -> None:
        present = Organization.objects.present().exclude(pk__in=list(self.standing.partners))
        rows = present.exclude(pk=self.change.trial.organization_id).order_by("name")
        for number, row in enumerate(joins):
            self.fields[f"partner_{number}"] = forms.ModelChoiceField(
                rows,
                label=_("Who “%(name)s” is") % {"name": row["name"]},
                required=False,
                initial=rows.filter(name=row["name"]).first(),
                help_text=_("Only organizations with an entry on this site. Others register first."),
            )

    @property
    def parts(self) -> list[dict[str, Any]]:
        """For the page: each thing asked with its fields."""
        own = {
            ChangeKind.PERIOD: ("starts_on", "ends_on"),
            ChangeKind.DEVICES: ("devices",),
            ChangeKind.MESSAGES: ("messages",),
            ChangeKind.PARTNERS: tuple(name for name in self.fields if name.startswith("partner_")),
        }
        course = (ChangeKind.PAUSE, ChangeKind.END, ChangeKind.WITHDRAWAL)
        return [
            {
                "give": self[f"give_{kind}"],
                "fields": [
                    self[name] for name in (("on",) if kind in course else own.get(ChangeKind(kind), ()))
                ],
            }
            for kind in self.change.kinds
        ]

    def granted(self) -> dict[str, Any]:
        """What is granted, as ``rules.changes`` says."""
        kinds = [kind for kind in self.change.kinds if self.cleaned_data.get(f"give_{kind}")]
        return {kind: self._value(kind) for kind in kinds}

    def _value(self, kind: str) -> Any:
        data, wish = self.cleaned_data, self.change.proposed[kind]
        if kind == ChangeKind.PERIOD:
            return {name: _iso(data.get(name)) for name in ("starts_on", "ends_on")}
        if kind in (ChangeKind.DEVICES, ChangeKind.MESSAGES):
            return data.get(kind)
        if kind == ChangeKind.PARTNERS:
            chosen = [data.get(f"partner_{number}") for number in range(len(wish["add"]))]
            joins = [
                {**row, "organization": str(who.pk), "name": who.name} if who else row
                for row, who in zip(wish["add"], chosen, strict=True)
            ]
            return {"add": joins, "leave": wish["leave"]}
        if kind in (ChangeKind.PAUSE, ChangeKind.END, ChangeKind.WITHDRAWAL):
            return {"on": _iso(data.get("on"))}
        return wish


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""


class StateForm(Refusable):
    """Staff's own act: pause, go on, early end, withdrawal."""

    version = forms.IntegerField(**_VERSION)
    state = forms.ChoiceField(label=_("What happens"), widget=forms.RadioSelect)
    on = day_field(_("From which day"))
    reason = words(
        _("Why it ended early"),
        4,
        ANSWER_LIMIT,
        _("For an early end or a withdrawal. Those who take part read it."),
    )

    def __init__(self, *args: Any, states: list[TrialState], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            TrialState.ACTIVE: _("It goes on"),
            TrialState.PAUSED: _("Pause it"),
            TrialState.STOPPED: _("End it early"),
            TrialState.WITHDRAWN: _("The company withdraws"),
        }
        field: Any = self.fields["state"]
        field.choices = [(state.value, labels[state]) for state in states]
