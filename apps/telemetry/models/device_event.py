"""What the network server tells of a device beside its uplinks, and how a device is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from apps.devices.models import Device
from apps.telemetry.enums import EventKind
from apps.telemetry.models.uplink import came_visibly

if TYPE_CHECKING:
    from apps.accounts.models import User


class DeviceEventQuerySet(models.QuerySet["DeviceEvent"]):
    def visible_to(self, actor: User | Any) -> DeviceEventQuerySet:
        return self.filter(came_visibly(actor))


class DeviceEvent(models.Model):
    """One event, stored once; partitioned by month of ``time`` like uplinks.

    ``event_id`` is made from what tells the event from others, so that it is the same at each delivery.
    ``data`` is the event without what tells the device: ``{"level", "code", "description", …}`` by kind.
    """

    pk = models.CompositePrimaryKey("organization_id", "event_id", "time")
    organization_id = models.UUIDField()
    event_id = models.UUIDField()
    time = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("received"))
    trial_id = models.UUIDField()
    device_id = models.UUIDField()
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    level = models.CharField(max_length=8, blank=True)
    code = models.CharField(max_length=40, blank=True)
    data = models.JSONField()

    objects: ClassVar[DeviceEventQuerySet] = DeviceEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("device event")
        verbose_name_plural = _("device events")
        ordering = ["-time"]
        indexes = [models.Index(fields=["device_id", "-time"], name="telemetry_event_device")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind} {self.time:%Y-%m-%d %H:%M:%S}"


class DeviceCondition(models.Model):
    """The newest of each kind of event of a device: what its state in plain words is made from."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="condition")
    joined_at = models.DateTimeField(null=True)
    log_at = models.DateTimeField(null=True)
    log_level = models.CharField(max_length=8, blank=True)
    log_code = models.CharField(max_length=40, blank=True)
    log_text = models.CharField(max_length=300, blank=True)
    #: The newest notes that tell why a device is not let in or not heard (``rules.trouble_of``).
    keys_wrong_at = models.DateTimeField(null=True)
    nonce_used_at = models.DateTimeField(null=True)
    counter_reset_at = models.DateTimeField(null=True)
    status_at = models.DateTimeField(null=True)
    #: Percent; None while unknown or on external power.
    battery = models.FloatField(null=True)
    external_power = models.BooleanField(default=False)
    margin = models.SmallIntegerField(null=True)
    located_at = models.DateTimeField(null=True)
    location = models.PointField(geography=True, null=True)

    class Meta:
        verbose_name = _("condition of a device")
        verbose_name_plural = _("conditions of devices")

    def __str__(self) -> str:
        return str(self.device_id)


class DeviceHour(models.Model):
    """An hour (UTC) of a device, counted from rows really stored.

    ``fields``: ``{name: [n, min, max, sum, last]}`` of the numeric values. ``f_cnt_low`` and
    ``f_cnt_high`` belong to ``dev_addr`` (the newest session): what is missing between them was lost.
    ``folded``: its values stand in ``DeviceMonth`` as they are; whatever writes an hour says no.
    """

    pk = models.CompositePrimaryKey("organization_id", "device_id", "hour")
    organization_id = models.UUIDField()
    device_id = models.UUIDField()
    hour = models.DateTimeField()
    trial_id = models.UUIDField()
    uplinks = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    dev_addr = models.CharField(max_length=8, blank=True)
    f_cnt_low = models.BigIntegerField(null=True)
    f_cnt_high = models.BigIntegerField(null=True)
    session_uplinks = models.PositiveIntegerField(default=0)
    rssi_best = models.SmallIntegerField(null=True)
    snr_best = models.FloatField(null=True)
    gateways = models.PositiveSmallIntegerField(default=0)
    fields = models.JSONField(default=dict)
    folded = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("hour of a device")
        verbose_name_plural = _("hours of devices")
        indexes = [
            models.Index(fields=["device_id", "-hour"], name="telemetry_hour_device"),
            models.Index(
                fields=["device_id", "hour"], condition=models.Q(folded=False), name="telemetry_hour_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.hour:%Y-%m-%d %H}"


class DeviceMonth(models.Model):
    """The days (Asia/Tokyo) of a device in a month, so that a year is twelve rows.

    ``days``: ``{"1": {name: [n, min, max, sum, last]}, …}`` by the day of the month, folded from exactly the
    hours of ``DeviceHour`` that are marked so. What is not folded yet is counted when it is asked for.
    Kept as text: it is only ever read whole, and out of jsonb PostgreSQL would write each number anew.
    """

    pk = models.CompositePrimaryKey("organization_id", "device_id", "month")
    organization_id = models.UUIDField()
    device_id = models.UUIDField()
    #: Its first day.
    month = models.DateField()
    days = models.TextField(default="{}")

    class Meta:
        verbose_name = _("month of a device")
        verbose_name_plural = _("months of devices")
        indexes = [models.Index(fields=["device_id", "month"], name="telemetry_month_device")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.month:%Y-%m}"
