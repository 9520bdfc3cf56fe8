from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceState(models.TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    RETIRED = "retired", _("retired")


#: States that count against the quota.
COUNTED_STATES = (DeviceState.ACTIVE, DeviceState.PAUSED)
