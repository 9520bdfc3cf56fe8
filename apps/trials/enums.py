from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrialState(models.TextChoices):
    """What was decided. Whether it runs follows from the dates (``TrialPhase``)."""

    ACTIVE = "active", _("active")
    STOPPED = "stopped", _("stopped early")


class TrialPhase(models.TextChoices):
    UPCOMING = "upcoming", _("about to begin")
    RUNNING = "running", _("running")
    ENDED = "ended", _("ended")
    STOPPED = "stopped", _("stopped early")


class ParticipantRole(models.TextChoices):
    LEAD = "lead", _("lead")
    PARTNER = "partner", _("partner")


class Access(models.TextChoices):
    MANAGE = "manage", _("manage")
    READ = "read", _("read")


class QuotaKind(models.TextChoices):
    DEVICES = "devices", _("devices")
    MESSAGES = "messages", _("messages a day")


class Precision(models.TextChoices):
    """How exactly a place is shown to the public."""

    POINT = "point", _("the point")
    DISTRICT = "district", _("about 1 km")
    HIDDEN = "hidden", _("not shown")
