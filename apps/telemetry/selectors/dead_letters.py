"""Dead letters of a company: those of its devices, with the reason and what to do in words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.enums import DeadLetterReason, DeadLetterState
from apps.telemetry.models import DeadLetter


@dataclass(frozen=True)
class LetterRow:
    """A letter as a list shows it; ``device`` is None when it was taken from the list of devices."""

    letter: DeadLetter
    device: Device | None
    advice: str


def letters_of(organization: Organization) -> QuerySet[DeadLetter]:
    """Letters of devices that were the organization's when they came, the newest first.

    A DevEUI can be registered again by others. The owner is who had it registered at that moment; of what
    came before anybody had, the first who did.
    """
    own = Device.objects.filter(organization=organization).values("dev_eui")
    same = Device.objects.filter(dev_eui=OuterRef("dev_eui")).order_by()
    then = same.filter(created_at__lte=OuterRef("received_at")).order_by("-created_at")
    first = same.order_by("created_at")
    owner = Coalesce(Subquery(then.values("organization")[:1]), Subquery(first.values("organization")[:1]))
    letters = DeadLetter.objects.filter(dev_eui__in=own).annotate(owner=owner).filter(owner=organization.pk)
    return letters.order_by("-received_at", "pk")


def letters_waiting(organization: Organization) -> QuerySet[DeadLetter]:
    """Those that are neither stored nor discarded yet."""
    return letters_of(organization).filter(state=DeadLetterState.KEPT)


def access_letter(*, organization: Organization, pk: uuid.UUID) -> DeadLetter:
    """A letter of the organization's devices; every other is ``NotFound``."""
    letter = letters_of(organization).filter(pk=pk).first()
    if letter is None:
        raise NotFound(_("This page does not exist."))
    return letter


def letter_rows(letters: Sequence[DeadLetter], organization: Organization) -> list[LetterRow]:
    """``letters`` (without their payloads) with their devices. One query."""
    euis = {letter.dev_eui for letter in letters}
    devices = Device.objects.filter(organization=organization, dev_eui__in=euis).order_by("created_at")
    known = {device.dev_eui: device for device in devices}
    return [LetterRow(letter, known.get(letter.dev_eui), advice(letter)) for letter in letters]


def advice(letter: DeadLetter) -> str:
    """What happened, and what to do, in two sentences at most."""
    if letter.withheld:
        return _(
            "Nobody can tell whether it holds a position inside a mask zone, so its content was not kept."
        )
    if letter.reason == DeadLetterReason.UNKNOWN_DEVICE:
        return _("The device was not registered when it came. Is it now? Then store it.")
    if letter.reason == DeadLetterReason.TIME_RANGE:
        return _("Its time lies too far from the present. Ask for the clock of the network server.")
    if letter.reason == DeadLetterReason.MALFORMED:
        return _("It is not what a network server sends. Ask the city if you see more of them.")
    return _("The database refused it. The city looks at such messages.")
