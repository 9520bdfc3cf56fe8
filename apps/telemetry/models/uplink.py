"""What devices sent: uplinks by month, the latest of each device, daily counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.devices.models import Device
from apps.telemetry.enums import DecodeState
from apps.trials.models import Participant, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


def came_visibly(actor: User | Any) -> models.Q:
    """Of the devices of the actor's organizations everything, of others' what came in trials they take part
    in; staff see all."""
    if not actor.is_authenticated:
        return models.Q(device_id__in=[])
    if actor.is_staff:
        return models.Q()
    own = Device.objects.filter(organization__memberships__user=actor)
    shared = Participant.objects.filter(organization__memberships__user=actor)
    return models.Q(device_id__in=own.values("pk")) | models.Q(trial_id__in=shared.values("trial"))


class UplinkQuerySet(models.QuerySet["Uplink"]):
    def visible_to(self, actor: User | Any) -> UplinkQuerySet:
        return self.filter(came_visibly(actor))


class Uplink(models.Model):
    """One uplink, stored once. The table is partitioned by month of ``time`` (see the migration).

    ``time`` is the event's and does not change on redelivery, so (organization, deduplication id,
    time) identifies it. Keys to other tables are plain UUIDs: rows outlive nothing they refer to,
    and 20 million checks of a foreign key buy nothing.
    """

    pk = models.CompositePrimaryKey("organization_id", "deduplication_id", "time")
    organization_id = models.UUIDField()
    deduplication_id = models.UUIDField()
    time = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received"))
    trial_id = models.UUIDField()
    device_id = models.UUIDField()
    dev_addr = models.CharField(max_length=8, blank=True)
    f_cnt = models.BigIntegerField()
    f_port = models.PositiveSmallIntegerField()
    dr = models.PositiveSmallIntegerField()
    frequency = models.BigIntegerField(null=True)
    rssi = models.SmallIntegerField(null=True)
    snr = models.FloatField(null=True)
    gateway_count = models.PositiveSmallIntegerField(default=0)
    data = models.BinaryField()
    decode_state = models.CharField(max_length=12, choices=DecodeState.choices)
    values = models.JSONField(null=True)
    warnings = models.JSONField(null=True)
    codec_id = models.UUIDField(null=True)
    #: ``rxInfo`` as received: radio facts that no column holds.
    rx = models.JSONField(null=True)

    objects: ClassVar[UplinkQuerySet] = UplinkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("uplink")
        verbose_name_plural = _("uplinks")
        ordering = ["-time"]
        indexes = [
            models.Index(fields=["device_id", "-time"], name="telemetry_uplink_device"),
            # Repeats under a new id are looked for by it. It holds the time too: for a partition that has no
            # statistics yet PostgreSQL would otherwise read all of a device's last hour.
            models.Index(fields=["device_id", "f_cnt", "time"], name="telemetry_uplink_repeat"),
            # What waits for a codec is found without reading the rest.
            models.Index(
                fields=["device_id", "time"],
                name="telemetry_uplink_held",
                condition=models.Q(decode_state="quarantined"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.time:%Y-%m-%d %H:%M:%S}"


class DeviceLatest(models.Model):
    """The newest uplink of a device, for pages that show many devices."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="latest")
    time = models.DateTimeField()
    received_at = models.DateTimeField()
    deduplication_id = models.UUIDField()
    f_cnt = models.BigIntegerField()
    rssi = models.SmallIntegerField(null=True)
    snr = models.FloatField(null=True)
    dr = models.PositiveSmallIntegerField()
    decode_state = models.CharField(max_length=12, choices=DecodeState.choices)
    values = models.JSONField(null=True)

    class Meta:
        verbose_name = _("latest state")
        verbose_name_plural = _("latest states")

    def __str__(self) -> str:
        return f"{self.device_id} {self.time}"


class TrialDay(models.Model):
    """Uplinks of a trial on one day (Asia/Tokyo), counted from rows really stored."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="days")
    day = models.DateField()
    uplinks = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("daily count")
        verbose_name_plural = _("daily counts")
        constraints = [models.UniqueConstraint(fields=["trial", "day"], name="telemetry_trialday_once")]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.day} {self.uplinks}"
