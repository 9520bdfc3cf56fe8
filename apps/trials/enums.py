from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TrialState(models.TextChoices):
    """What was decided. Whether it runs follows from the dates (``TrialPhase``)."""

    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    STOPPED = "stopped", _("stopped early")
    WITHDRAWN = "withdrawn", pgettext_lazy("trial", "withdrawn")


class TrialKind(models.TextChoices):
    """Who runs it: a company that applied, the city (市主体), or the city with citizens (市民共同)."""

    APPLICATION = "application", pgettext_lazy("trial", "by application")
    CITY = "city", pgettext_lazy("trial", "the city’s own")
    JOINT = "joint", pgettext_lazy("trial", "the city with citizens")


class TrialPhase(models.TextChoices):
    UPCOMING = "upcoming", _("about to begin")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")
    STOPPED = "stopped", _("stopped early")
    WITHDRAWN = "withdrawn", pgettext_lazy("trial", "withdrawn")


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


class ChangeKind(models.TextChoices):
    """What a company asks to change during its trial."""

    PERIOD = "period", pgettext_lazy("change", "period")
    PLACES = "places", pgettext_lazy("change", "places")
    DEVICES = "devices", pgettext_lazy("change", "number of devices")
    MESSAGES = "messages", pgettext_lazy("change", "messages a day")
    PARTNERS = "partners", pgettext_lazy("change", "partners")
    PAUSE = "pause", pgettext_lazy("change", "pause")
    RESUME = "resume", pgettext_lazy("change", "go on after a pause")
    END = "end", pgettext_lazy("change", "end early")
    WITHDRAWAL = "withdrawal", pgettext_lazy("change", "withdraw from the trial")


class ChangeState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("change", "asked")
    APPROVED = "approved", pgettext_lazy("change", "approved")
    PARTLY = "partly", pgettext_lazy("change", "approved in part")
    DECLINED = "declined", pgettext_lazy("change", "not approved")
    TAKEN_BACK = "taken_back", pgettext_lazy("change", "taken back")


class RiskState(models.TextChoices):
    OPEN = "open", pgettext_lazy("risk", "may happen")
    HAPPENED = "happened", pgettext_lazy("risk", "happened")
    CLOSED = "closed", pgettext_lazy("risk", "over")


class Degree(models.IntegerChoices):
    """How likely a risk is, and how far it reaches."""

    LOW = 1, pgettext_lazy("degree", "low")
    MIDDLE = 2, pgettext_lazy("degree", "middle")
    HIGH = 3, pgettext_lazy("degree", "high")
