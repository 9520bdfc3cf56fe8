from __future__ import annotations

from typing import Final

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


#: Such readings are told once they are decoded: when staff raise the number, or the codec decodes again.
LATER: Final = (DecodeState.OVER_QUOTA, DecodeState.QUARANTINED)


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


class NewsKind(models.TextChoices):
    """What an outlet may be told of."""

    UPLINK = "uplink", _("a reading came")
    EVENT = "event", _("a device event came")
    ALERT = "alert", _("an alert began or ended")


class WebhookState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("webhook", "waiting")
    DELIVERED = "delivered", pgettext_lazy("webhook", "delivered")
    FAILED = "failed", pgettext_lazy("webhook", "given up")


class AlertKind(models.TextChoices):
    THRESHOLD = "threshold", _("a value is too high or too low")
    SILENCE = "silence", _("no data for a while")
    BATTERY = "battery", _("the battery is low")
    STATE = "state", _("the device’s state changes")


class AlertEnd(models.TextChoices):
    """Why an alert ended."""

    BACK = "back", pgettext_lazy("alert", "back to normal")
    CHANGED = "changed", pgettext_lazy("alert", "the rule was changed")
    OFF = "off", pgettext_lazy("alert", "the rule was switched off")
    UNWATCHED = "unwatched", pgettext_lazy("alert", "the device is no longer watched")


class Direction(models.TextChoices):
    ABOVE = "above", pgettext_lazy("alert", "above")
    BELOW = "below", pgettext_lazy("alert", "below")


class TileKind(models.TextChoices):
    VALUE = "value", pgettext_lazy("dashboard", "value")
    CHART = "chart", pgettext_lazy("dashboard", "chart")
    MAP = "map", pgettext_lazy("dashboard", "map")
    STATE = "state", pgettext_lazy("dashboard", "state")
    TEXT = "text", pgettext_lazy("dashboard", "text")
