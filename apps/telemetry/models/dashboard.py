"""Dashboards of an organization, and the secret links that show them to others."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.enums import TileKind
from apps.telemetry.models.webhook import OwnedQuerySet
from apps.trials.models import Trial


class Dashboard(UUIDModel, TimeStampedModel):
    """A page of tiles over the devices of one trial."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="dashboards")
    trial = models.ForeignKey(Trial, models.CASCADE, related_name="dashboards", verbose_name=_("trial"))
    name = models.CharField(_("name"), max_length=80)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboards")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DashboardTile(UUIDModel):
    """One tile; ``devices`` in the order of their names, none means all of the trial (map, state)."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="tiles")
    kind = models.CharField(_("kind"), max_length=10, choices=TileKind.choices)
    title = models.CharField(_("title"), max_length=80, blank=True)
    devices = models.ManyToManyField(Device, blank=True, related_name="+", verbose_name=_("devices"))
    fields = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("fields"))
    hours = models.PositiveIntegerField(_("period (hours)"), default=24)
    text = models.TextField(_("text"), max_length=2000, blank=True)
    is_wide = models.BooleanField(_("wide"), default=False)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.title or self.kind


class DashboardLink(UUIDModel):
    """A secret address that shows a dashboard to whoever has it; only its hash is kept."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(_("for whom"), max_length=80, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return str(self.pk)
