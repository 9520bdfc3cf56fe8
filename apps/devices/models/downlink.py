"""What is sent to devices, and how much of it a day."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import DownlinkState
from apps.devices.models.device import Device
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class DownlinkQuerySet(models.QuerySet["Downlink"]):
    def visible_to(self, actor: User | Any) -> DownlinkQuerySet:
        return self.filter(device__in=Device.objects.visible_to(actor))

    def counted(self, since: datetime) -> DownlinkQuerySet:
        """Those made from ``since`` that count against the day's number: all but cancelled ones."""
        return self.filter(created_at__gte=since).exclude(state=DownlinkState.CANCELLED)


class Downlink(UUIDModel, TimeStampedModel):
    """Bytes for a device; a class A device takes them after its next uplink."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="downlinks", verbose_name=_("device"))
    state = models.CharField(
        _("state"), max_length=12, choices=DownlinkState.choices, default=DownlinkState.QUEUED
    )
    f_port = models.PositiveSmallIntegerField(
        _("port"), validators=[MinValueValidator(1), MaxValueValidator(223)]
    )
    data = models.BinaryField()
    confirmed = models.BooleanField(_("ask the device to acknowledge"), default=False)
    #: The object that ``encodeDownlink`` made the bytes from; null when bytes were given.
    source = models.JSONField(_("given to the codec"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    #: The name of the queue item at the network server, by which its events tell of it.
    remote_id = models.CharField(max_length=64, blank=True)
    #: While the network server is away: how often it was tried, and when it is tried again.
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("tried again"), null=True, blank=True)
    #: When the network server took it.
    taken_at = models.DateTimeField(_("taken by the server"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    f_cnt_down = models.BigIntegerField(null=True, blank=True)
    #: Why it waits or could not be sent (``DownlinkReason``); empty when all is well.
    reason = models.CharField(_("reason"), max_length=16, blank=True)
    #: The server's own words.
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    #: The API key that asked, when it was no person.
    api_key_id = models.UUIDField(_("API key"), null=True, blank=True)

    objects: ClassVar[DownlinkQuerySet] = DownlinkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("downlink")
        verbose_name_plural = _("downlinks")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["device", "-created_at"], name="devices_downlink_device"),
            models.Index(fields=["remote_id"], name="devices_downlink_remote"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.created_at:%Y-%m-%d %H:%M}"

    def state_at(self, now: datetime) -> DownlinkState:
        """The state at ``now``: what still waits when its time is over has expired."""
        waits = self.state in (DownlinkState.QUEUED, DownlinkState.HANDED)
        return DownlinkState.EXPIRED if waits and self.expires_at <= now else DownlinkState(self.state)


class DownlinkLimit(UUIDModel, TimeStampedModel):
    """Another number of downlinks to a device in a day than the city's, for the devices of one trial."""

    trial = models.OneToOneField(
        Trial, models.CASCADE, related_name="downlink_limit", verbose_name=_("trial")
    )
    a_day = models.PositiveSmallIntegerField(_("downlinks to a device in a day"))
    note = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("number of downlinks of a trial")
        verbose_name_plural = _("numbers of downlinks of trials")
        ordering = ["trial"]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.a_day}"
