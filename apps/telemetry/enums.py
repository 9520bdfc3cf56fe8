from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DecodeState(models.TextChoices):
    DECODED = "decoded", _("decoded")
    NO_CODEC = "no_codec", _("no codec")
    FAILED = "failed", _("codec failed")
    OVER_QUOTA = "over_quota", _("over today's quota")
    MASKED = "masked", _("position not kept")
    #: Kept as it came while the codec is stopped; decoded once it is released or another one decodes.
    QUARANTINED = "quarantined", _("codec stopped")


class EventKind(models.TextChoices):
    """What a device event tells; ``REPEAT`` is an uplink that came again under a new id."""

    JOIN = "join", pgettext_lazy("device event", "joined")
    ACK = "ack", pgettext_lazy("device event", "acknowledged a downlink")
    TXACK = "txack", pgettext_lazy("device event", "downlink sent")
    LOG = "log", pgettext_lazy("device event", "note of the network server")
    STATUS = "status", pgettext_lazy("device event", "battery and margin")
    LOCATION = "location", pgettext_lazy("device event", "position")
    REPEAT = "repeat", pgettext_lazy("device event", "the same uplink again")
    OTHER = "other", pgettext_lazy("device event", "another note")


class DeadLetterReason(models.TextChoices):
    MALFORMED = "malformed", _("not a valid event")
    UNKNOWN_DEVICE = "unknown_device", _("unknown device")
    TIME_RANGE = "time_range", _("time out of range")
    FAILED = "failed", _("could not be stored")


class DeadLetterState(models.TextChoices):
    KEPT = "kept", _("kept")
    REPLAYED = "replayed", _("replayed")
    DISCARDED = "discarded", _("discarded")


class DeviceHealth(models.TextChoices):
    """Computed from the last uplink and the expected interval; never stored."""

    OK = "ok", _("arriving")
    LATE = "late", _("late")
    SILENT = "silent", _("not arriving")
    NEVER = "never", _("nothing yet")
    PAUSED = "paused", _("paused")


class RedecodeState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("redecode", "waiting")
    RUNNING = "running", pgettext_lazy("redecode", "under way")
    DONE = "done", pgettext_lazy("redecode", "done")
    STOPPED = "stopped", pgettext_lazy("redecode", "stopped")
