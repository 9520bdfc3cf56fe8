from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DeviceState(models.TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    RETIRED = "retired", _("retired")


class LorawanVersion(models.TextChoices):
    """Decides which key goes to which field of a network server."""

    V1_0_2 = "1.0.2", "1.0.2"
    V1_0_3 = "1.0.3", "1.0.3"
    V1_0_4 = "1.0.4", "1.0.4"
    V1_1 = "1.1", "1.1"


class DeviceClass(models.TextChoices):
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class CodecState(models.TextChoices):
    """The highest version that is not withdrawn decodes. While it is quarantined it is not run: uplinks are
    kept undecoded until staff release it or another one decodes."""

    ACTIVE = "active", pgettext_lazy("codec", "ready")
    QUARANTINED = "quarantined", pgettext_lazy("codec", "stopped, it held up the others")
    WITHDRAWN = "withdrawn", pgettext_lazy("codec", "taken back")


class Direction(models.TextChoices):
    UP = "up", pgettext_lazy("codec", "from the device")
    DOWN = "down", pgettext_lazy("codec", "to the device")


class Wanted(models.TextChoices):
    """How a device is to stand on its network server."""

    PRESENT = "present", pgettext_lazy("provision", "there")
    DISABLED = "disabled", pgettext_lazy("provision", "there, switched off")
    ABSENT = "absent", pgettext_lazy("provision", "not there")


class ProvisionState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("provision", "waiting")
    DONE = "done", pgettext_lazy("provision", "done")
    REFUSED = "refused", pgettext_lazy("provision", "refused by the server")


class DriftKind(models.TextChoices):
    """Where the network server and the portal differ."""

    UNKNOWN_HERE = "unknown_here", pgettext_lazy("drift", "on the server, unknown here")
    MISSING_THERE = "missing_there", pgettext_lazy("drift", "here, missing on the server")
    OTHER_PROFILE = "other_profile", pgettext_lazy("drift", "another profile on the server")
    OTHER_PLACE = "other_place", pgettext_lazy("drift", "in another application on the server")
    SWITCHED = "switched", pgettext_lazy("drift", "switched on or off differently")


class DownlinkState(models.TextChoices):
    """How far a downlink is. That it expired also follows from the clock (``Downlink.state_at``)."""

    QUEUED = "queued", pgettext_lazy("downlink", "waiting here")
    HANDED = "handed", pgettext_lazy("downlink", "waiting for the device")
    CANCELLED = "cancelled", pgettext_lazy("downlink", "cancelled")
    EXPIRED = "expired", pgettext_lazy("downlink", "expired")
    FAILED = "failed", pgettext_lazy("downlink", "could not be sent")
    SENT = "sent", pgettext_lazy("downlink", "sent")
    UNANSWERED = "unanswered", pgettext_lazy("downlink", "not acknowledged")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("downlink", "acknowledged")


class DownlinkReason(models.TextChoices):
    """Why a downlink waits here, or why it could not be sent."""

    AWAY = "away", pgettext_lazy("downlink", "the network server does not answer")
    NOT_THERE = "not_there", pgettext_lazy("downlink", "the device is not on the network server yet")
    PAUSED = "paused", pgettext_lazy("downlink", "paused")
    OVER = "over", pgettext_lazy("downlink", "the trial is over or the device was retired")
    REFUSED = "refused", pgettext_lazy("downlink", "the network server refused it")
    TOO_LONG = "too_long", pgettext_lazy("downlink", "too long for the device’s data rate")
    COUNTER = "counter", pgettext_lazy("downlink", "the frame counter did not fit")
    GATEWAY = "gateway", pgettext_lazy("downlink", "the antenna could not send it")


#: States that count against the quota.
COUNTED_STATES = (DeviceState.ACTIVE, DeviceState.PAUSED)
