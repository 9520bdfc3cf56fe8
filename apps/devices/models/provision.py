"""How devices stand on the network servers, and where the two differ."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import DriftKind, ProvisionState, Wanted
from apps.devices.models.device import Device
from apps.network.models import NetworkServer
from apps.trials.models import Trial


class ServerApplication(UUIDModel, TimeStampedModel):
    """The server application (of the network server) that holds the devices of one trial."""

    server = models.ForeignKey(NetworkServer, models.PROTECT, related_name="applications")
    trial = models.ForeignKey(Trial, models.PROTECT, related_name="server_applications")
    remote_id = models.CharField(_("id on the server"), max_length=64)

    class Meta:
        verbose_name = _("server application")
        verbose_name_plural = _("server applications")
        constraints = [
            models.UniqueConstraint(fields=["server", "trial"], name="devices_serverapplication_once"),
            models.UniqueConstraint(fields=["server", "remote_id"], name="devices_serverapplication_id"),
        ]

    def __str__(self) -> str:
        return self.remote_id


class Provision(UUIDModel, TimeStampedModel):
    """What is wanted of a device on its server, and how far that is. Both steps (device, keys) or none."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="provision", verbose_name=_("device"))
    server = models.ForeignKey(
        NetworkServer, models.PROTECT, related_name="provisions", verbose_name=_("network server")
    )
    wanted = models.CharField(_("wanted"), max_length=8, choices=Wanted.choices, default=Wanted.PRESENT)
    state = models.CharField(
        _("state"), max_length=8, choices=ProvisionState.choices, default=ProvisionState.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    #: Why it is not done: one of ``Refusal`` of the network, or ``paused``, ``away``; empty when it is.
    reason = models.CharField(_("reason"), max_length=12, blank=True)
    #: The server's own words, for staff.
    fault = models.CharField(_("last fault"), max_length=300, blank=True)
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    #: Raised when something else is wanted: a job that began before does not say "done" for it.
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("provisioning")
        verbose_name_plural = _("provisioning")
        indexes = [models.Index(fields=["state"], name="devices_provision_state")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.wanted} {self.state}"


class Drift(UUIDModel, TimeStampedModel):
    """A difference that the nightly comparison found; open until it is mended or gone."""

    server = models.ForeignKey(
        NetworkServer, models.CASCADE, related_name="drifts", verbose_name=_("network server")
    )
    dev_eui = models.CharField("DevEUI", max_length=16)
    device = models.ForeignKey(
        Device, models.CASCADE, null=True, blank=True, related_name="drifts", verbose_name=_("device")
    )
    kind = models.CharField(_("difference"), max_length=14, choices=DriftKind.choices)
    detail = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: Staff let it stand; it stays open, and is not counted as something to do.
    ignored_at = models.DateTimeField(_("let stand since"), null=True, blank=True)
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ignore_reason = models.CharField(_("why it may stand"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("difference to the server")
        verbose_name_plural = _("differences to the server")
        ordering = ["-seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "dev_eui", "kind"],
                condition=models.Q(closed_at__isnull=True),
                name="devices_drift_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dev_eui} {self.kind}"
