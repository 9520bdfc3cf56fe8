"""What a company writes to ask for a change: the trial as it is, to be written over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.forms import Refusable
from apps.trials.enums import Access, ChangeKind, TrialPhase, TrialState
from apps.trials.forms.base import PlacesMixin, Words, day_field, words
from apps.trials.rules import Standing

SPARE_PLACES, SPARE_PARTNERS = 2, 2
REASON_LIMIT = 3000


class AskForm(Refusable, PlacesMixin):
    """Every field holds what is now; what becomes other is what is asked. ``standing``: the trial;
    ``leads``: the lead organization asks, which alone can end it."""

    reason = words(
        _("Why"),
        6,
        REASON_LIMIT,
        _("What you saw so far, and what the change is for. The city decides by it."),
        required=True,
    )

    def __init__(self, *args: Any, standing: Standing, leads: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standing = standing
        self._add_period()
        self._add_numbers()
        self.add_place_rows(list(standing.places), spare=SPARE_PLACES)
        self._add_partners()
        self._add_course(leads)
        self.fields["reason"].error_messages["required"] = _("Write why. The city decides by it.")

    def _add_period(self) -> None:
        at = self.standing
        begun = at.phase != TrialPhase.UPCOMING
        self.fields["starts_on"] = day_field(
            _("First day"),
            initial=at.starts_on,
            disabled=begun,
            help_text=_("The trial has begun. Its first day stays as it is.") if begun else "",
        )
        self.fields["ends_on"] = day_field(_("Last day"), initial=at.ends_on)

    def _add_numbers(self) -> None:
        at = self.standing
        faults = {"invalid": _("Write a whole number."), "required": _("Write a number.")}
        for name, label, now in (
            ("devices", pgettext_lazy("quota", "Devices"), at.devices),
            ("messages", pgettext_lazy("quota", "Messages a day"), at.messages),
        ):
            self.fields[name] = forms.IntegerField(
                label=label, initial=now, min_value=0, max_value=2_000_000_000, error_messages=faults
            )

    def _add_partners(self) -> None:
        names = self.standing.partners
        self.fields["leave"] = forms.MultipleChoiceField(
            label=_("Who leaves"),
            choices=list(names.items()),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        for number in range(SPARE_PARTNERS):
            self.fields[f"partner_{number}_name"] = Words(
                label=_("Organization that joins (%(number)d)") % {"number": number + 1},
                required=False,
                max_length=200,
                help_text=_("Its official name. It needs an entry on this site before it can take part.")
                if number == 0
                else "",
            )
            self.fields[f"partner_{number}_access"] = forms.ChoiceField(
                label=_("What it may do (%(number)d)") % {"number": number + 1},
                choices=Access.choices,
                initial=Access.READ,
                required=False,
            )

    def _add_course(self, leads: bool) -> None:
        paused = self.standing.state == TrialState.PAUSED
        go_on = (ChangeKind.RESUME, _("Go on after the pause"))
        pause = (ChangeKind.PAUSE, _("Pause it"))
        last = [(ChangeKind.END, _("End it early")), (ChangeKind.WITHDRAWAL, _("Withdraw from it"))]
        self.fields["course"] = forms.ChoiceField(
            label=_("Course of the trial"),
            choices=[
                ("", pgettext_lazy("course", "Stays as it is")),
                go_on if paused else pause,
                *(last if leads else []),
            ],
            required=False,
            widget=forms.RadioSelect,
        )
        self.fields["on"] = day_field(
            _("From which day"),
            required=False,
            help_text=_("For a pause, an early end or a withdrawal."),
        )

    @property
    def partner_fields(self) -> list[dict[str, Any]]:
        """The fields of those who join, for the page."""
        return [
            {name: self[f"partner_{number}_{name}"] for name in ("name", "access")}
            for number in range(SPARE_PARTNERS)
        ]

    @property
    def touches_places(self) -> bool:
        """What was posted is about places, or wrong there: the page shows it unfolded."""
        return any(name.startswith("place_") for name in self.changed_data)

    @property
    def touches_partners(self) -> bool:
        """The same for partners."""
        return any(name == "leave" or name.startswith("partner_") for name in self.changed_data)

    def proposed(self) -> dict[str, Any]:
        """What is asked: whatever is other than it stands."""
        data, at = self.cleaned_data, self.standing
        found: dict[str, Any] = {}
        if (data["starts_on"], data["ends_on"]) != (at.starts_on, at.ends_on):
            found["period"] = {name: data[name].isoformat() for name in ("starts_on", "ends_on")}
        if (places := self.typed_places()) != [vars(place) for place in at.places]:
            found["places"] = places
        for name, now in (("devices", at.devices), ("messages", at.messages)):
            if data[name] != now:
                found[name] = data[name]
        joins = [
            {"name": data[f"partner_{number}_name"], "access": self._access(number), "organization": ""}
            for number in range(SPARE_PARTNERS)
            if data[f"partner_{number}_name"]
        ]
        if joins or data["leave"]:
            found["partners"] = {"add": joins, "leave": list(data["leave"])}
        if data["course"]:
            day = data["on"].isoformat() if data["on"] else ""
            found[data["course"]] = {} if data["course"] == ChangeKind.RESUME else {"on": day}
        return found

    def _access(self, number: int) -> str:
        return self.cleaned_data[f"partner_{number}_access"] or Access.READ.value
