"""The form of an alert rule: only what its kind needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import Refusable
from apps.devices.models import Device
from apps.telemetry.domain.alerts import LONGEST, Wish
from apps.telemetry.enums import AlertKind, Direction
from apps.telemetry.models import AlertRule
from apps.telemetry.rules.state_words import WORDS, Severity
from apps.telemetry.selectors.fields import Field

#: States that somebody may want to be told of: those that need attention.
STATES = [
    (str(code), words.label)
    for code, words in WORDS.items()
    if words.severity in (Severity.ERROR, Severity.ATTENTION)
]
_NEEDS = {
    AlertKind.THRESHOLD: ("field", "direction", "limit", "release", "minutes"),
    AlertKind.SILENCE: ("minutes",),
    AlertKind.BATTERY: ("limit", "release"),
    AlertKind.STATE: ("states", "minutes"),
}
_OWN = {name for names in _NEEDS.values() for name in names}
_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class AlertRuleForm(Refusable):
    name = forms.CharField(label=_("Name of the rule"), max_length=80)
    field = forms.ChoiceField(label=_("Value"), choices=())
    direction = forms.ChoiceField(
        label=_("Tell when the value is"), choices=Direction.choices, widget=forms.RadioSelect
    )
    limit = forms.FloatField(label=_("Limit"))
    release = forms.FloatField(
        label=_("Ends at"),
        required=False,
        help_text=_(
            "A little on the good side of the limit, so that a value moving around it makes only one alert."
        ),
    )
    minutes = forms.IntegerField(label=_("For how long"), min_value=0, max_value=LONGEST, required=False)
    states = forms.MultipleChoiceField(label=_("States"), choices=STATES, widget=forms.CheckboxSelectMultiple)
    devices = forms.MultipleChoiceField(
        label=_("Devices"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none, and the rule watches all, also those that come later."),
    )
    people = forms.MultipleChoiceField(
        label=_("Mail to"), required=False, widget=forms.CheckboxSelectMultiple
    )
    by_webhook = forms.BooleanField(
        label=_("Tell the webhooks too"),
        required=False,
        help_text=_("Those that are set to tell of alerts. LINE and Slack go this way."),
    )
    quiet_from = forms.TimeField(
        label=_("No mail from"),
        required=False,
        widget=_TIME,
        help_text=_("Mails wait until the end and then say what happened. Webhooks do not wait."),
    )
    quiet_until = forms.TimeField(label=_("No mail until"), required=False, widget=_TIME)

    def __init__(
        self,
        *args: Any,
        kind: str,
        fields: Sequence[Field] = (),
        devices: Sequence[Device] = (),
        members: Sequence[Any] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.kind = kind
        for name in _OWN - set(_NEEDS[AlertKind(kind)]):
            del self.fields[name]
        if "field" in self.fields:
            self._choose("field", [(field.name, field.heading) for field in fields])
        self._choose("devices", [(str(device.pk), _label(device)) for device in devices])
        self._choose("people", [(str(row.user_id), str(row.user)) for row in members])
        if kind == AlertKind.SILENCE:
            self.fields["minutes"].required = True
            self.fields["minutes"].help_text = _(
                "Longer than two sending intervals: radio loses a message now and then."
            )
        elif "minutes" in self.fields:
            self.fields["minutes"].help_text = _("0: at once.")
        if kind == AlertKind.BATTERY:
            self.fields["limit"].help_text = _(
                "By the percentage that the network server asks devices for. For a battery among the decoded "
                "values, make a rule on that value."
            )

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def start(rule: AlertRule) -> dict[str, Any]:
        """What the form of an existing rule begins with."""
        names = ("name", "field", "direction", "limit", "release", "minutes", "states", "by_webhook")
        return {
            **{name: getattr(rule, name) for name in (*names, "quiet_from", "quiet_until")},
            "devices": [str(pk) for pk in rule.devices.values_list("pk", flat=True)],
            "people": [str(pk) for pk in rule.people.values_list("pk", flat=True)],
        }

    def wish(self, devices: Sequence[Device], members: Sequence[Any]) -> Wish:
        """What was asked for, with the ids as the domain knows them."""
        data = self.cleaned_data
        by_id = {str(device.pk): device.pk for device in devices}
        people = {str(row.user_id): row.user_id for row in members}
        return Wish(
            kind=self.kind,
            **{name: data[name] for name in ("name", "by_webhook", "quiet_from", "quiet_until")},
            **{name: data[name] for name in _NEEDS[AlertKind(self.kind)] if name != "minutes"},
            minutes=data.get("minutes") or 0,
            devices=[by_id[text] for text in data["devices"]],
            people=[people[text] for text in data["people"]],
        )


class AcknowledgeForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        help_text=_("For example who goes there, and when."),
    )


def _label(device: Device) -> str:
    return f"{device.name}  {device.place_name}".strip()
