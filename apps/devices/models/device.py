"""Devices of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import RegexValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import DeviceState
from apps.devices.models.model import DeviceModel
from apps.organizations.models import Organization
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, actor: User | Any) -> DeviceQuerySet:
        """Those of the actor's organizations and of trials they take part in; staff see all."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        mine = models.Q(organization__memberships__user=actor)
        shared = models.Q(trial__participants__organization__memberships__user=actor)
        return self.filter(mine | shared).distinct()

    def counted(self) -> DeviceQuerySet:
        return self.exclude(state=DeviceState.RETIRED)


class Device(UUIDModel, TimeStampedModel):
    """A LoRaWAN device of a trial. Its root key is encrypted and can only be written."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="devices")
    trial = models.ForeignKey(Trial, models.PROTECT, related_name="devices", verbose_name=_("trial"))
    model = models.ForeignKey(
        DeviceModel, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("model")
    )
    name = models.CharField(_("name"), max_length=80)
    dev_eui = models.CharField(
        "DevEUI",
        max_length=16,
        validators=[RegexValidator(r"^[0-9a-f]{16}$")],
    )
    join_eui = models.CharField("JoinEUI", max_length=16, validators=[RegexValidator(r"^[0-9a-f]{16}$")])
    app_key_encrypted = models.BinaryField(editable=False)
    #: LoRaWAN 1.1 only.
    nwk_key_encrypted = models.BinaryField(editable=False, null=True)
    serial_number = models.CharField(_("serial number"), max_length=64, blank=True)
    conformity_number = models.CharField(_("technical conformity number"), max_length=40, blank=True)
    place_name = models.CharField(_("place"), max_length=200, blank=True)
    place = models.PointField(_("place on the map"), geography=True, null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=DeviceState.choices, default=DeviceState.ACTIVE
    )
    uplink_interval = models.PositiveIntegerField(_("uplink interval (s)"), default=600)
    #: The device whose place this one took over; that one is retired and keeps its data.
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[DeviceQuerySet] = DeviceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["name", "dev_eui"]
        constraints = [
            models.UniqueConstraint(
                fields=["dev_eui"],
                condition=~models.Q(state="retired"),
                name="devices_device_eui_once",
                violation_error_message=_("This DevEUI is registered already."),
            )
        ]
        indexes = [models.Index(fields=["dev_eui"], name="devices_device_eui")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("telemetry:device-detail", args=[self.organization_id, self.pk])
