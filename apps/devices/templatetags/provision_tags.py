"""``{% provision_note device %}``: how a device stands on the network server, where that is news."""

from __future__ import annotations

from typing import Any

from django import template

from apps.core import clock
from apps.devices.models import Device
from apps.devices.selectors.provisioning import provision_note as note_of

register = template.Library()


@register.inclusion_tag("devices/_provision_note.html")
def provision_note(device: Device, heard: object = None) -> dict[str, Any]:
    """The notice, or nothing. ``heard``: something true once data arrive; by hand it was entered then."""
    note = note_of(device, clock.now())
    return {"note": None if note and note.by_hand and heard else note}
