"""The one button that a state asks for, for who may press it."""

from __future__ import annotations

import uuid

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.devices.models import Device
from apps.telemetry.rules.state_words import Code

_KEYS = (Code.KEYS_WRONG, Code.SERVER_REFUSED)
_MODEL = (Code.NO_CODEC, Code.DECODE_FAILED)


def act_of(code: Code, device: Device, organization: uuid.UUID) -> dict[str, str] | None:
    """``{"label", "url"}``, or None where pressing something would not help."""
    if code in _KEYS:
        return {
            "label": _("Write the keys again"),
            "url": reverse("devices:device-keys", args=[organization, device.pk]),
        }
    if code in _MODEL:
        return {
            "label": _("Choose the model"),
            "url": reverse("devices:device-settings", args=[organization, device.pk]),
        }
    if code == Code.OVER_QUOTA:
        url = reverse("trials:change-new", args=[organization, device.trial.code])
        return {"label": _("Ask for more messages"), "url": url}
    return None
