"""What is sent to devices."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import DownlinkState
from apps.devices.models.device import Device


class Downlink(UUIDModel, TimeStampedModel):
    """Bytes for a device; a class A device takes them after its next uplink. ``id`` is the queue item's."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="downlinks")
    state = models.CharField(
        _("state"), max_length=12, choices=DownlinkState.choices, default=DownlinkState.QUEUED
    )
    f_port = models.PositiveSmallIntegerField(_("port"))
    data = models.BinaryField()
    confirmed = models.BooleanField(_("ask the device to acknowledge"), default=False)
    #: The object that ``encodeDownlink`` made the bytes from; null when bytes were given.
    source = models.JSONField(null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    #: When the network server took it.
    taken_at = models.DateTimeField(_("taken by the server"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    f_cnt_down = models.BigIntegerField(null=True, blank=True)
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: The API key that asked, when it was no person.
    api_key_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("downlink")
        verbose_name_plural = _("downlinks")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["device", "-created_at"], name="devices_downlink_device")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.created_at:%Y-%m-%d %H:%M}"
