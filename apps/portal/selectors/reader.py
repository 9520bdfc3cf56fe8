"""Who reads the API's reference: their own trial and device for the examples, else samples."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from apps.calls.models import Call
from apps.devices.models import Device
from apps.organizations.models import Membership, Organization
from apps.reports.models import Report
from apps.trials.models import Participant, Trial

#: So many devices stand in the list to choose from.
CHOICES = 200


@dataclass(frozen=True)
class Choice:
    """A trial with one of its devices, or a trial without any (``device`` is None)."""

    organization: Organization
    trial: Trial
    device: Device | None

    @property
    def value(self) -> str:
        return str(self.device.pk) if self.device else f"{self.organization.pk}:{self.trial.code}"


@dataclass(frozen=True)
class Reader:
    """``choices`` is empty for who is not signed in or takes part in no trial."""

    signed_in: bool = False
    choices: Sequence[Choice] = ()
    chosen: Choice | None = None
    #: What is chosen for who has not chosen.
    usual: Choice | None = None
    #: Whether the reader chose, or what is chosen is the usual.
    has_chosen: bool = False
    #: Ids of further things of the reader's own by what they are (``selectors.reader_things``).
    things: dict[str, str] = field(default_factory=dict)
    #: Values of what everyone may read, for the paths of public operations.
    public: dict[str, str] = field(default_factory=dict)

    @property
    def own(self) -> dict[str, str]:
        """Values of the reader's own: ``trial``, ``device`` and ``things``, as far as there are any."""
        if self.chosen is None:
            return {}
        own = {"trial": self.chosen.trial.code, **self.things}
        return {**own, "device": str(self.chosen.device.pk)} if self.chosen.device else own


def public_values() -> dict[str, str]:
    """The newest call, trial and record that everyone may read, by ``call``, ``trial``, ``report``."""
    call = Call.objects.published().order_by("-opens_at").values_list("code", flat=True).first()
    trial = Trial.objects.public().order_by("-fiscal_year", "-code").values_list("code", flat=True).first()
    report = Report.objects.published().values_list("trial__code", flat=True).first()
    found = {"call": call, "trial": trial, "report": report}
    return {name: str(value) for name, value in found.items() if value}


def reader_of(*, actor: Any, wanted: str = "") -> Reader:
    """The reader ``actor`` with the choice ``wanted`` (``Choice.value``; another's or none: the first)."""
    if not actor.is_authenticated:
        return Reader(public=public_values())
    choices = _choices(list(Membership.objects.filter(user=actor).values_list("organization_id", flat=True)))
    usual = _usual(choices)
    chosen = next((choice for choice in choices if choice.value == wanted), None)
    return Reader(
        signed_in=True,
        choices=choices,
        chosen=chosen or usual,
        usual=usual,
        has_chosen=chosen is not None,
        public=public_values(),
    )


def _usual(choices: Sequence[Choice]) -> Choice | None:
    """The device that sent last: what is tried with it answers something. Else the first choice."""
    heard = [choice for choice in choices if choice.device and hasattr(choice.device, "latest")]
    first = choices[0] if choices else None
    return max(heard, key=lambda choice: choice.device.latest.time, default=first)


def _choices(organizations: list[uuid.UUID]) -> list[Choice]:
    """Devices, those that sent last first within a trial; then trials without one."""
    if not organizations:
        return []
    devices = (
        Device.objects.filter(organization_id__in=organizations)
        .select_related("trial", "organization", "latest")
        .order_by("-trial__code", F("latest__time").desc(nulls_last=True), "name", "id")
    )
    found = [Choice(device.organization, device.trial, device) for device in devices[:CHOICES]]
    found.sort(key=lambda choice: choice.trial.code, reverse=True)
    with_devices = {(choice.organization.pk, choice.trial.pk) for choice in found}
    rows = Participant.objects.filter(organization_id__in=organizations)
    rows = rows.select_related("trial", "organization").order_by("-trial__code")[:CHOICES]
    bare = [Choice(row.organization, row.trial, None) for row in rows]
    return found + [c for c in bare if (c.organization.pk, c.trial.pk) not in with_devices]
