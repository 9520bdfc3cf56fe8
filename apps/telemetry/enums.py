from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DecodeState(models.TextChoices):
    DECODED = "decoded", _("decoded")
    NO_CODEC = "no_codec", _("no codec")
    FAILED = "failed", _("codec failed")
    OVER_QUOTA = "over_quota", _("over today's quota")


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
